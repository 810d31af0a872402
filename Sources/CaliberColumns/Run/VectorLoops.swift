// The loops that everything runs in: free of calls, branches and traps, so that the compiler turns them into vector
// instructions. Outputs never overlap inputs; `RegisterAllocation` sees to it.

/// Applies `transform` to each element.
@inline(__always)
func transformEach<Input, Output>(
    _ count: Int, _ input: UnsafePointer<Input>, into output: UnsafeMutablePointer<Output>,
    _ transform: (Input) -> Output
) {
    for index in 0..<count { output[index] = transform(input[index]) }
}

/// Applies `transform` to each pair of elements.
@inline(__always)
func transformPairs<Left, Right, Output>(
    _ count: Int, _ left: UnsafePointer<Left>, _ right: UnsafePointer<Right>,
    into output: UnsafeMutablePointer<Output>, _ transform: (Left, Right) -> Output
) {
    for index in 0..<count { output[index] = transform(left[index], right[index]) }
}

/// Clears each flag for which `holds` is false of the pair of elements beside it.
@inline(__always)
func keepFlags<Left, Right>(
    _ count: Int, _ flags: UnsafeMutablePointer<UInt8>, _ left: UnsafePointer<Left>, _ right: UnsafePointer<Right>,
    where holds: (Left, Right) -> Bool
) {
    for index in 0..<count { flags[index] &= holds(left[index], right[index]) ? 1 : 0 }
}

extension Bool {
    /// 1 for true.
    @inline(__always)
    var byte: UInt8 { self ? 1 : 0 }
}

/// All bits set where the byte is 1, none where it is 0.
@inline(__always)
func laneMask(_ byte: UInt8) -> Int64 { 0 &- Int64(truncatingIfNeeded: byte) }
