import ArgumentParser

@main
struct CaliberCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "caliber", abstract: "Metrics of orders.")
    func run() throws { print("caliber") }
}
