"""Echoes each connection, and says goodbye once the client has ended its half: ADDRESS PORT. With a
third word it does so after the first echo."""

import socket
import sys
import threading

address, port = sys.argv[1], int(sys.argv[2])


def serve(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)
            if len(sys.argv) > 3:
                break
        connection.sendall(b"goodbye")


listener = socket.create_server((address, port), family=(
    socket.AF_INET6 if ":" in address else socket.AF_INET))
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
