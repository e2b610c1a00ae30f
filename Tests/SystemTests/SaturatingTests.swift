import Kernel
import Testing

@testable import System

@Suite struct SaturatingTests {
    @Test func whatDoesNotFitIsTheNearestNumberThatDoes() {
        #expect(UInt64.max.plus(1) == .max)
        #expect(UInt64(1).minus(2) == 0)
        #expect((UInt64(1) << 62).times(5) == .max)
        #expect(Int64.min.minus(1) == .min && Int64(0).minus(.min) == .max)
        #expect(Int64.max.plus(1) == .max && Int64.min.plus(-1) == .min)
        #expect(Int64.min.times(-1) == .max && Int64.max.times(-2) == .min)
        #expect(Int64(6).times(-7) == -42 && UInt64(7).minus(3).plus(1) == 5)
        #expect([UInt64](repeating: 1 << 62, count: 5).total == .max)
    }

    @Test func fractionsAreCut() {
        #expect(UInt64(clamping: 1.9) == 1 && UInt64(clamping: -1.9) == 0)
        #expect(UInt64(clamping: 1e300) == .max && UInt64(clamping: .nan) == 0)
        #expect(Int(clamping: -Double.infinity) == .min && Int64(clamping: 0x1p63) == .max)
    }

    @Test func waitsAreWhatAClockCanHold() {
        #expect(Duration.clamped(seconds: .max) == .longest)
        #expect(Duration.clamped(seconds: .min) == .zero)
        #expect(Duration.clamped(seconds: 30) == .seconds(30))
    }

    /// A pod's `terminationGracePeriodSeconds` gets here; the timer was armed later than the call.
    @Test(arguments: [Int64.max, 9_223_372_037, 1 << 40])
    func aWaitOfAnyLengthCanBeCalledOff(seconds: Int64) async throws {
        let call = Alarm.after(.seconds(seconds)) {}
        try await Alarm.sleep(for: .milliseconds(1))
        call.cancel()
        let sleeper = Task { try await Alarm.sleep(for: .seconds(seconds)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
}
