import { statSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { reserveContainerName } from "../shared/container-names.ts";
import type { ServiceConnection } from "../shared/connection.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import {
    type ServiceDefinition,
    type DataServiceArgs,
    createDataService,
    validateDataService,
} from "../data-service/data-service.ts";
import type { ContainerFile } from "../engines/index.ts";
import { buildHealthCheck, networkCheck } from "../shared/health.ts";
import { createPassword } from "../shared/password.ts";
import { CONFIG, configFile, DATA, DUMP, loadDump } from "./config.ts";
import { shellQuote } from "../shared/shell.ts";
import {
    ifKnown,
    isAbsolutePath,
    isBoolean,
    isCommand,
    isMultiline,
    isPassword,
    isPlainPath,
    isVersion,
    quote,
    refuse,
    validate,
    validateSettings,
    reportErrorsOn,
} from "../shared/validation.ts";

const PORT = 6379;
const PASSWORD_FILE = "/run/drydock/redis-password";

/** What the official entrypoint needs to hand its data directory over and to become `redis`. */
const CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETPCAP", "SETUID"];

const RESERVED_SETTINGS = {
    bind: "what links to it could not reach it; leave it out, and use publish for this machine",
    requirepass: "it would be readable in the stack's settings; set password instead",
    port: `the connection says ${PORT}; leave it out, and use publish for another port of the machine`,
    dir: "the data is kept in dataPath; set that, and use volume or hostPath to say where it lies",
};

export interface RedisServiceArgs extends DataServiceArgs {
    /** Version of the official image. @default `8` */
    version?: string;
    /** Command in place of the official image's; the configuration is at `/usr/local/etc/redis/redis.conf`. */
    command?: string[];
    /** Where the image keeps its data, absolute. @default `/data` */
    dataPath?: string;
    /** Password that clients must give. @default 32 letters and digits, made once */
    password?: pulumi.Input<string>;
    /** Lets clients in without a password. @default false */
    passwordless?: boolean;
    /** Lines of the configuration file, such as `{"maxmemory-policy": "allkeys-lru"}`. A value of several lines is a
     *  setting that repeats: `{"rename-command": "FLUSHALL \"\"\nFLUSHDB \"\""}`. */
    settings?: Record<string, string>;
    /** An `.rdb` file of this machine, absolute, to start from: read where there is no data yet, never over any. */
    dump?: string;
}

/**
 * A Redis, with a password, its data on a volume, and reached by what links to it alone.
 *
 * @example
 * const cache = new RedisService("cache", { settings: { "maxmemory-policy": "allkeys-lru" } });
 * new WebApp("shop", { image: "shop:1.2", links: { redis: cache.connection } });
 */
export class RedisService extends pulumi.ComponentResource {
    /** How to reach it; pass it to `links`. Resolves once Redis is healthy. Secret. */
    public readonly connection: pulumi.Output<ServiceConnection>;
    /** Where it is published, such as `127.0.0.1:6379`; empty where it is not. */
    public readonly address: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError for an argument that cannot work */
    constructor(name: string, args: RedisServiceArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:RedisService", name, {}, opts);
        args = convertToDeclaredTypes(args);
        reportErrorsOn(this, () => {
            validateArgs(name, args);
            reserveContainerName(this, name, "name", `the service ${name}`);
        });
        const child = { parent: this };

        const password = args.passwordless
            ? undefined
            : createPassword(`${name}-password`, args.password, child);
        const server: ServiceDefinition = {
            officialImage: `redis:${args.version ?? "8"}`,
            port: PORT,
            dataPath: args.dataPath ?? DATA,
            requirements: requirements(args),
            container: container(args, password),
        };
        const { endpoint: reached, address } = createDataService(name, args, server, child);

        this.connection = pulumi.secret(
            pulumi.all([reached, pulumi.output(password)]).apply(([at, text]) => {
                const login = text === undefined ? {} : { password: text };
                return { scheme: "redis", ...at, ...login, database: "0" };
            }),
        );
        this.address = address;
        this.registerOutputs({ connection: this.connection, address: this.address });
    }
}

function validateArgs(name: string, args: RedisServiceArgs): void {
    validate({
        version: [args.version, isVersion],
        password: [ifKnown(args.password), isPassword],
        command: [args.command, isCommand],
        dataPath: [args.dataPath, isPlainPath],
        dump: [args.dump, isAbsolutePath],
        passwordless: [args.passwordless, isBoolean],
    });
    validateSettings(args.settings, RESERVED_SETTINGS, isMultiline);
    if (args.passwordless && args.password !== undefined)
        refuse("passwordless", "passwordless is true, but a password is set; keep one");
    if (args.version && (args.image ?? args.build))
        refuse("version", "version names the official image, but image or build is set; keep one");
    if (args.dump && !statSync(args.dump, { throwIfNoEntry: false })?.isFile()) {
        refuse("dump", `${quote(args.dump)} is not a file on this machine; name an .rdb file that is there`);
    }
    if (args.dump && args.command)
        refuse("dump", "dump needs the official image's command; leave out command");
    if (args.dump) {
        // Redis takes them in whatever case.
        const settings = new Map(
            Object.entries(args.settings ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
        );
        if (settings.get("appendonly")?.toLowerCase() === "yes")
            refuse(
                "dump",
                "Redis reads no dump where appendonly is yes; load it first, and set appendonly afterwards",
            );
        for (const file of ["dbfilename", "appenddirname"])
            if (settings.has(file))
                refuse(
                    `settings.${file}`,
                    "the dump is loaded under the name that Redis gives it; leave it out",
                );
    }
    validateDataService(name, args);
}

function container(
    args: RedisServiceArgs,
    password: pulumi.Output<string> | undefined,
): ServiceDefinition["container"] {
    const files: ContainerFile[] = [
        {
            path: CONFIG,
            content: pulumi.output(password).apply((text) => configFile(args, text)),
            secret: true,
        },
    ];
    if (password) files.push({ path: PASSWORD_FILE, content: password, secret: true });
    if (args.dump) files.push({ path: DUMP, source: args.dump });
    return {
        command:
            args.command ?? (args.dump ? ["sh", "-c", loadDump(args.dataPath)] : ["redis-server", CONFIG]),
        files,
        health: buildHealthCheck(networkCheck(ping(password !== undefined)), args.health),
        capabilities: CAPABILITIES,
        defaultStopTimeout: 10,
    };
}

function requirements({ command, settings = {} }: RedisServiceArgs): ServiceDefinition["requirements"] {
    const named = ["dbfilename", "appendfilename", "appenddirname"].flatMap((key) => settings[key] ?? []);
    return {
        officialImage: "redis",
        image: `command -v redis-cli${command === undefined ? " && command -v redis-server" : ""}`,
        data: `for file in *.rdb *.aof */*.aof */*.manifest ${named.map(shellQuote).join(" ")}; do
    [ -e "$file" ] && exit 0
done
false`,
        files: ["lost+found", ".gitignore", ".gitkeep"],
    };
}

/** The password comes from a file: on a command line, everybody on the machine could read it. */
function ping(hasPassword: boolean): string {
    const login = hasPassword ? `REDISCLI_AUTH="$(cat ${PASSWORD_FILE})" ` : "";
    return `answer=$(${login}redis-cli -h "$1" ping 2>&1); case $answer in *PONG*) ;; *) echo "$answer"; false ;; esac`;
}
