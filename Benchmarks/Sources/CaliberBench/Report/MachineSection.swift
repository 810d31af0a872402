/// What the run ran on.
struct MachineSection: ReportSection {
    let machine: MachineDescription
    let bandwidth: BandwidthReport

    let hasDifferences = false

    var markdown: String {
        """
        \(machine.processor), \(machine.coreCount) cores, \((machine.memoryBytes + (1 << 29)) >> 30) GiB; \(machine.peers). \
        A plain sum over 800 MB in this run: \(rate(bandwidth.oneThreadBytesPerSecond)) on one thread, \
        \(rate(bandwidth.twoThreadsBytesPerSecond)) on two.
        """
    }
}
