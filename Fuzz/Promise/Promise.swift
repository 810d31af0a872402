/// Ends the process, saying what was broken: an optimised `precondition` ends it without a word.
package func promise(_ isKept: Bool, _ words: @autoclosure () -> String) {
    if !isKept { fatalError(words()) }
}
