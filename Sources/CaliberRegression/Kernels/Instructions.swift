import CKernels

/// Which of the processor's instructions the loops use. Results have the same bits with each.
package enum Instructions: Int32, CaseIterable, Sendable {
    case base
    /// AVX2 and fused multiplication: x86-64-v3.
    case v3
    /// AVX-512: x86-64-v4.
    case v4

    /// The widest that this processor has.
    package static let best = available.last ?? .base

    package static var available: [Instructions] {
        let best = kernels_best_instructions()
        return allCases.filter { $0.code <= best }
    }

    package var code: Int32 {
        switch self {
        case .base: Int32(kernels_instructions_base)
        case .v3: Int32(kernels_instructions_v3)
        case .v4: Int32(kernels_instructions_v4)
        }
    }
}
