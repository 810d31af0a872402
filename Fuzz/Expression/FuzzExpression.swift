import CaliberCore
import CaliberDictionary
import FuzzPromise

private let scope = ExpressionScope(
    description: "table orders",
    columns: [
        ColumnReference(name: "paid"): .money(.cny), ColumnReference(name: "paid_at"): .timestamp,
        ColumnReference(name: "channel"): .category, ColumnReference(name: "quantity"): .integer,
        ColumnReference(name: "coupons"): .set, ColumnReference(name: "is_gift"): .boolean,
        ColumnReference(name: "weight"): .number, ColumnReference(path: ["product"], name: "category"): .category,
    ], currency: .cny, zone: .utc)

/// Whatever the text, compiling ends with an expression or with diagnostics; and what compiles prints as something
/// that compiles to the same meaning.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzExpression(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    let location = SourceLocation(file: "fuzz", line: 1, column: 1)
    guard case .success(let expression) = ExpressionCompiler.compile(text, in: scope, at: location) else { return 0 }
    guard case .success(let again) = ExpressionCompiler.compile(expression.displayText, in: scope, at: location) else {
        fatalError("\(expression.displayText) does not compile")
    }
    promise(again.canonicalText == expression.canonicalText, "\(expression.displayText) means something else")
    return 0
}
