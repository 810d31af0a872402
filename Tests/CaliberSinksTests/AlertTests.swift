import CaliberSinks
import Testing

@Suite struct AlertTests {
    @Test func `severities order from the mildest to the worst`() {
        #expect([AlertSeverity.critical, .info, .warning].sorted() == [.info, .warning, .critical])
    }
}
