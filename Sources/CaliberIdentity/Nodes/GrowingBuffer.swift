import Glibc

/// Records one behind the other that grow in place or by their page tables, as the C library's `realloc` does large ones.
///
/// Whoever owns it calls `free`. Reads and writes go to `base` directly; indices are the owner's promise.
struct GrowingBuffer<Element: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 64) {
        self.capacity = max(capacity, 1)
        base = GrowingBuffer.moved(nil, to: self.capacity)
    }

    private static func moved(
        _ old: UnsafeMutablePointer<Element>?, to capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        let byteCount = capacity * MemoryLayout<Element>.stride
        guard let memory = realloc(old, byteCount) else { preconditionFailure("no memory for \(byteCount) bytes") }
        askForLargePages(memory, byteCount: byteCount)
        return memory.bindMemory(to: Element.self, capacity: capacity)
    }

    /// The memory is the caller's no more.
    func free() { Glibc.free(base) }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow(toHold: count + 1) }
        base[count] = element
        count += 1
    }

    @inline(__always)
    mutating func append(_ elements: UnsafeBufferPointer<Element>) {
        if count + elements.count > capacity { grow(toHold: count + elements.count) }
        if let source = elements.baseAddress { (base + count).update(from: source, count: elements.count) }
        count += elements.count
    }

    mutating func extend(to newCount: Int, filling element: Element) {
        guard newCount > count else { return }
        if newCount > capacity { grow(toHold: newCount) }
        (base + count).initialize(repeating: element, count: newCount - count)
        count = newCount
    }

    mutating func removeAll() { count = 0 }

    private mutating func grow(toHold newCount: Int) {
        capacity = max(newCount, capacity + capacity / 2 + 64)
        base = GrowingBuffer.moved(base, to: capacity)
    }

    var values: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }
}

/// For memory that is looked at in no order: the processor then finds a place without another look-up. The system may decline.
func askForLargePages(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
    let pageByteCount = 2 << 20
    guard byteCount >= 2 * pageByteCount else { return }
    let begin = memory.alignedUp(toMultipleOf: pageByteCount)
    let length = (byteCount - (begin - memory)) / pageByteCount * pageByteCount
    madvise(begin, length, MADV_HUGEPAGE)
}
