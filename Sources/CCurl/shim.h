#include <curl/curl.h>

// curl_easy_setopt and its like are variadic, which Swift does not import: one wrapper a type.
static inline CURLcode gantry_curl_set_long(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode gantry_curl_set_string(CURL *curl, CURLoption option, const char *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode gantry_curl_set_pointer(CURL *curl, CURLoption option, void *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode gantry_curl_set_list(CURL *curl, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode gantry_curl_set_writer(CURL *curl, curl_write_callback function) {
    return curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, function);
}

static inline CURLcode gantry_curl_set_header_writer(CURL *curl, curl_write_callback function) {
    return curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, function);
}

static inline CURLcode gantry_curl_set_reader(CURL *curl, curl_read_callback function) {
    return curl_easy_setopt(curl, CURLOPT_READFUNCTION, function);
}

static inline CURLcode gantry_curl_set_seeker(CURL *curl, curl_seek_callback function) {
    return curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, function);
}

static inline CURLcode gantry_curl_set_offset(CURL *curl, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode gantry_curl_get_long(CURL *curl, CURLINFO info, long *value) {
    return curl_easy_getinfo(curl, info, value);
}

// The handle keeps a copy of the bytes.
static inline CURLcode gantry_curl_set_blob(CURL *curl, CURLoption option, const void *data, size_t length) {
    struct curl_blob blob = {(void *)data, length, CURL_BLOB_COPY};
    return curl_easy_setopt(curl, option, &blob);
}

static inline CURLcode gantry_curl_get_offset(CURL *curl, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(curl, info, value);
}

static inline CURLcode gantry_curl_get_string(CURL *curl, CURLINFO info, const char **value) {
    return curl_easy_getinfo(curl, info, value);
}
