/** Facts about a machine, as facts.sh prints them. */
import { readScriptBody } from "../../components/shared/scripts.ts";
import { CommandError } from "../exit-codes.ts";
import type { Destination } from "./destination.ts";
import { runScript } from "./remote.ts";

export interface Facts {
    user: string;
    /** How the user becomes root. */
    privileges: "root" | "sudo" | "none";
    /** `debian` */
    os: string;
    /** `Debian GNU/Linux 13 (trixie)` */
    osName: string;
    /** What starts services. Undefined if neither does. */
    init?: "systemd" | "sysv";
    docker: DockerFacts;
    daemon: {
        /** Content of daemon.json. Undefined if there is none. */
        settings?: string;
        /** Whether daemon.json may be there, but the user cannot read it. */
        unreadable: boolean;
        /** Whether daemon.json has changed since the daemon started. */
        restartPending: boolean;
        /** Whether the daemon has options about logs, which daemon.json must not repeat. */
        logFlags: boolean;
    };
    securityUpdates: boolean;
    /** Whether the firewall ufw is active. */
    ufw: boolean;
    /** Programs that listen on the ports. */
    listeners: Map<number, string>;
    /** Free disk space for Docker's data, in bytes. */
    disk: number;
    /** With swap, in bytes. */
    memory: number;
}

export interface DockerFacts {
    /** Paths of the programs. */
    daemon?: string;
    command?: string;
    isPodman: boolean;
    /** Version of the daemon that answers the user, and the one that answers root. */
    userVersion?: string;
    rootVersion?: string;
    inGroup: boolean;
    /** Whether it starts with the machine. */
    enabled: boolean;
    liveRestore: boolean;
    running: number;
}

const KIB = 1024;

/** Collects the facts about a machine, and changes nothing. */
export async function readFacts(destination: Destination, ports: number[]): Promise<Facts> {
    const body = readScriptBody(import.meta.dirname, "facts.sh");
    const { code, output } = await runScript(destination, { body, args: ports.map(hexadecimal) });
    if (code !== 0 || !output.includes("fact user "))
        throw new CommandError(
            `${destination.name} cannot run a shell script: ${output.trim().split("\n").at(-1) ?? ""}`,
            "`drydock server` needs a machine with a POSIX shell.",
        );
    return parseFacts(output);
}

/** As in /proc/net/tcp. */
function hexadecimal(port: number): string {
    return port.toString(16).toUpperCase().padStart(4, "0");
}

/** @param output of facts.sh, and what the login prints */
export function parseFacts(output: string): Facts {
    const facts = new Map<string, string>();
    const listeners = new Map<number, string>();
    for (const [, name = "", value = ""] of output.matchAll(/^fact (\w+) (.*)$/gm)) {
        const [port = "", program = ""] = value.split(" ");
        if (name === "listener")
            listeners.set(Number.parseInt(port, 16), program === "" ? "an unknown program" : program);
        else if (value !== "") facts.set(name, value);
    }
    const has = (name: string) => facts.get(name) === "yes";
    const [liveRestore, running] = (facts.get("info") ?? "").split(" ");
    const settings = facts.get("daemon_json");
    const oneOf = <T extends string>(name: string, ...values: T[]) =>
        values.find((value) => value === facts.get(name));
    return {
        user: facts.get("user") ?? "",
        privileges: oneOf("privileges", "root", "sudo") ?? "none",
        os: facts.get("os") ?? "",
        osName: facts.get("os_name") ?? "",
        init: oneOf("init", "systemd", "sysv"),
        docker: {
            daemon: facts.get("dockerd"),
            command: facts.get("docker"),
            isPodman: has("podman"),
            userVersion: facts.get("user_version"),
            rootVersion: facts.get("root_version"),
            inGroup: has("in_group"),
            enabled: has("enabled"),
            liveRestore: liveRestore === "true",
            running: Number(running ?? 0),
        },
        daemon: {
            ...(settings !== undefined && { settings: Buffer.from(settings, "base64").toString() }),
            unreadable: has("daemon_json_unreadable"),
            restartPending: has("restart_pending"),
            logFlags: has("log_flags"),
        },
        securityUpdates: has("security_updates"),
        ufw: has("ufw"),
        listeners,
        disk: Number(facts.get("disk") ?? 0) * KIB,
        memory: Number(facts.get("memory") ?? 0) * KIB,
    };
}
