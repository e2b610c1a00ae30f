internal import Supervisor

// gantry-monitor DIRECTORY: supervises the containers of the pod whose directory it is.
Supervisor.main(CommandLine.arguments)
