import CKernels

/// A width that collected values are kept at, with the loops over values of that width.
protocol KeptWidth: FixedWidthInteger, UnsignedInteger, BitwiseCopyable, Sendable {
    typealias Values = UnsafePointer<Self>
    typealias MutableValues = UnsafeMutablePointer<Self>
    typealias Bitmap = UnsafeMutablePointer<UInt64>

    static var compress: (Values, UnsafePointer<UInt8>, Int, MutableValues) -> Int { get }
    static var gather:
        (
            Values, UnsafePointer<UInt32>, UnsafePointer<UInt8>, UInt32, Int, MutableValues,
            UnsafeMutablePointer<UInt32>
        ) -> Int
    { get }
    static var scatter: (Values, UnsafePointer<UInt32>, Int, UnsafeMutablePointer<UInt32>, MutableValues) -> Void {
        get
    }
    static var keepNew: (Values, Int, Bitmap, MutableValues) -> Int { get }
    static var sort: (MutableValues, MutableValues, Int, UInt32) -> MutableValues { get }
    static var mark: (Values, Int, UInt64, UInt64, Bitmap) -> Void { get }
    static var markNew: (Values, Int, UInt64, UInt64, Bitmap) -> Int { get }
    static var clearMarks: (Values, Int, UInt64, UInt64, Bitmap) -> Void { get }
}

extension UInt32: KeptWidth {
    static var compress: (Values, UnsafePointer<UInt8>, Int, MutableValues) -> Int { kernels_compress_32 }
    static var gather:
        (
            Values, UnsafePointer<UInt32>, UnsafePointer<UInt8>, UInt32, Int, MutableValues,
            UnsafeMutablePointer<UInt32>
        ) -> Int
    { kernels_gather_32 }
    static var scatter: (Values, UnsafePointer<UInt32>, Int, UnsafeMutablePointer<UInt32>, MutableValues) -> Void {
        kernels_scatter_32
    }
    static var keepNew: (Values, Int, Bitmap, MutableValues) -> Int { kernels_keep_new_32 }
    static var sort: (MutableValues, MutableValues, Int, UInt32) -> MutableValues { kernels_sort_32 }
    static var mark: (Values, Int, UInt64, UInt64, Bitmap) -> Void { kernels_mark_32 }
    static var markNew: (Values, Int, UInt64, UInt64, Bitmap) -> Int { kernels_mark_new_32 }
    static var clearMarks: (Values, Int, UInt64, UInt64, Bitmap) -> Void { kernels_clear_marks_32 }
}

extension UInt64: KeptWidth {
    static var compress: (Values, UnsafePointer<UInt8>, Int, MutableValues) -> Int { kernels_compress_64 }
    static var gather:
        (
            Values, UnsafePointer<UInt32>, UnsafePointer<UInt8>, UInt32, Int, MutableValues,
            UnsafeMutablePointer<UInt32>
        ) -> Int
    { kernels_gather_64 }
    static var scatter: (Values, UnsafePointer<UInt32>, Int, UnsafeMutablePointer<UInt32>, MutableValues) -> Void {
        kernels_scatter_64
    }
    static var keepNew: (Values, Int, Bitmap, MutableValues) -> Int { kernels_keep_new_64 }
    static var sort: (MutableValues, MutableValues, Int, UInt32) -> MutableValues { kernels_sort_64 }
    static var mark: (Values, Int, UInt64, UInt64, Bitmap) -> Void { kernels_mark_64 }
    static var markNew: (Values, Int, UInt64, UInt64, Bitmap) -> Int { kernels_mark_new_64 }
    static var clearMarks: (Values, Int, UInt64, UInt64, Bitmap) -> Void { kernels_clear_marks_64 }
}
