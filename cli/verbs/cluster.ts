import { Command, InvalidArgumentError, Option } from "commander";
import { removeCluster } from "../cluster/down.ts";
import { startCluster } from "../cluster/up.ts";

export function clusterCommand(): Command {
    const command = new Command("cluster").description(
        "start or remove a local Docker Swarm of three nodes in containers",
    );
    command
        .command("up")
        .description("start the cluster, with a registry and a mirror, or start what is missing")
        .addOption(nameOption())
        .addOption(
            new Option(
                "--port <port>",
                "port of this machine for the application on the first node (default: 8080)",
            )
                .env("SWARM_PORT")
                .argParser(parsePort),
        )
        .action(startCluster);
    command
        .command("down")
        .description("remove the cluster and everything on it")
        .addOption(nameOption())
        .action(removeCluster);
    return command;
}

function nameOption(): Option {
    return new Option("--name <name>", "name of the cluster (default: <project>-swarm)").env("SWARM");
}

function parsePort(value: string): number {
    const port = /^\d+$/.test(value) ? Number(value) : 0;
    if (port < 1 || port > 65_535) throw new InvalidArgumentError("Use 1 to 65535.");
    return port;
}
