/// An edge that joins nothing although it says something, and why.
struct Refusal {
    let edge: UInt32
    let reason: Reason

    enum Reason: Equatable {
        /// The person would have too many values of a kind.
        case overLimit(kind: UInt16)
        /// An operator holds two of their nodes apart.
        case heldApart
        /// Two groups with strong evidence of their own, and too little to join them: somebody is to look.
        case waits
        /// It weighs too little to join anybody to anybody.
        case tooLight

        var flag: EdgeFlags {
            switch self {
            case .overLimit: .overLimit
            case .heldApart: .heldApart
            case .waits: .waits
            case .tooLight: .tooLight
            }
        }
    }
}
