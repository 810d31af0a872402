// A target that must fail: it shows that the fuzzer finds what is there to be found.
// `make fuzz` runs it first and stops unless it crashes.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCanary(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    if count >= 3, input[0] == UInt8(ascii: "b"), input[1] == UInt8(ascii: "u"), input[2] == UInt8(ascii: "g") {
        preconditionFailure("the canary sang")
    }
    return 0
}
