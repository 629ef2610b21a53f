import { statSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { loadEnvFiles } from "../container/env-files.ts";
import {
    createDataService,
    type DataServiceArgs,
    type ServiceDefinition,
    validateDataService,
} from "../data-service/data-service.ts";
import { Engine } from "../engines/engine.ts";
import type { ContainerFile } from "../engines/index.ts";
import type { ServiceConnection } from "../shared/connection.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { buildHealthCheck, checkAtContainerAddress } from "../shared/health.ts";
import { createPassword } from "../shared/password.ts";
import { readScriptBody } from "../shared/scripts.ts";
import { refuseUnknownArguments } from "../shared/unknown-arguments.ts";
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
    reportErrorsOn,
    validate,
    validateSettings,
} from "../shared/validation.ts";
import { CONFIG_PATH, configFile, DATA_PATH, persistenceSettings } from "./config.ts";
import { DUMP_PATH, startFromDump } from "./dump.ts";

const PORT = 6379;
const PASSWORD_PATH = "/run/drydock/redis-password";

/** Needed by the official entrypoint to change the owner of the data directory and to switch to the user `redis`. */
const CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETPCAP", "SETUID"];

const RESERVED_SETTINGS = {
    bind: "Redis must listen on all addresses of its container; to choose the address on the host, use publish.ip",
    requirepass: "settings are not secret; use password",
    port: `Redis listens on ${PORT} in its container; to choose the port on the host, use publish.port`,
    dir: "use dataPath, and volume or hostPath to choose where the data is stored",
};

export interface RedisServiceArgs extends DataServiceArgs {
    /** Version of the official image, for example `8.2-alpine`. @default `8` */
    version?: string;
    /** Command to run instead of the official image's. It must load the configuration file, which has the password and
     *  `settings`: `["redis-server", "/usr/local/etc/redis/redis.conf", "--hz", "20"]`. */
    command?: string[];
    /** Absolute path of the data in the container. @default `/data` */
    dataPath?: string;
    /** Password for clients. @default a generated 32-character password */
    password?: pulumi.Input<string>;
    /** Allows clients without a password. @default false */
    passwordless?: boolean;
    /** Lines of the configuration file, for example `{"maxmemory-policy": "allkeys-lru"}`. For a setting that repeats, write
     *  one value on each line: `{"rename-command": "FLUSHALL \"\"\nFLUSHDB \"\""}`. */
    settings?: Record<string, string>;
    /** Absolute path of an `.rdb` file on this machine to start from. Loaded only into an empty data directory. */
    dump?: string;
}

/**
 * A Redis server with a generated password and its data on a volume. Only containers that link to it can reach it.
 *
 * @example
 * const cache = new RedisService("cache", { settings: { "maxmemory-policy": "allkeys-lru" } });
 * new WebApp("shop", { image: "shop:1.2", links: { redis: cache.connection } });
 */
export class RedisService extends pulumi.ComponentResource {
    /** Connection for `links`. Resolves once Redis is healthy. Secret. */
    public readonly connection: pulumi.Output<ServiceConnection>;
    /** Host address and port, for example `127.0.0.1:6379`. Empty if Redis is not published. */
    public readonly address: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: RedisServiceArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        args = convertToDeclaredTypes("RedisService", args);
        super("drydock:index:RedisService", name, { persistence: persistenceSettings(args) }, opts);
        reportErrorsOn(this, () => {
            refuseUnknownArguments("RedisService", args);
            args = loadEnvFiles(args);
            validateRedisArgs(args);
            validateDataService(name, args, args.dataPath ?? DATA_PATH, this);
        });
        const child = { parent: this };

        const password = args.passwordless
            ? undefined
            : createPassword(`${name}-password`, args.password, child);
        const { endpoint, address } = createDataService(name, args, redisDefinition(args, password), child);

        this.connection = pulumi.secret(
            pulumi.all([endpoint, pulumi.output(password)]).apply(([endpoint, password]) => ({
                scheme: "redis",
                ...endpoint,
                ...(password !== undefined && { password }),
                database: "0",
            })),
        );
        this.address = address;
        this.registerOutputs({ connection: this.connection, address: this.address });
    }
}

function validateRedisArgs(args: RedisServiceArgs): void {
    validate({
        version: [args.version, isVersion],
        password: [ifKnown(args.password), isPassword],
        dataPath: [args.dataPath, isPlainPath],
        dump: [args.dump, isAbsolutePath],
        passwordless: [args.passwordless, isBoolean],
        command: [args.command, isCommand],
    });
    const emptyWord = args.command?.indexOf("") ?? -1;
    if (emptyWord >= 0 && args.engine !== Engine.Swarm)
        refuse(
            `command[${emptyWord}]`,
            'is empty, which Pulumi\'s Docker provider does not support; use settings instead of command: { save: "" }',
        );
    validateSettings(args.settings, RESERVED_SETTINGS, isMultiline);
    refuseCommandWithoutConfig(args);
    if (args.passwordless && args.password !== undefined)
        refuse("passwordless", "passwordless is true, but password is set; keep one");
    if (args.version && (args.image ?? args.build))
        refuse("version", "version selects the official image, but image or build is set; keep one");
    if (args.dump) validateDump(args.dump, args);
}

/** Redis does not load a configuration file by itself: it would not know the password that clients send. */
function refuseCommandWithoutConfig({ command, entrypoint, passwordless, settings }: RedisServiceArgs): void {
    const startsRedis = entrypoint === undefined && /(^|\/)(redis|valkey)-server$/.test(command?.[0] ?? "");
    if (!startsRedis || command?.includes(CONFIG_PATH) || (passwordless && settings === undefined)) return;
    refuse(
        "command",
        `does not load ${CONFIG_PATH}, which has the password and the settings; leave it out, and use settings, or put this path after ${quote(command?.[0])}`,
    );
}

function validateDump(dump: string, { command, settings = {} }: RedisServiceArgs): void {
    if (!statSync(dump, { throwIfNoEntry: false })?.isFile())
        refuse("dump", `${quote(dump)} is not a file on this machine; use the path of an .rdb file`);
    if (command) refuse("dump", "dump needs the official image's command; leave out command");
    // Redis ignores the case of names.
    const values = new Map(Object.entries(settings).map(([key, value]) => [key.toLowerCase(), value]));
    if (values.get("appendonly")?.toLowerCase() === "yes")
        refuse(
            "dump",
            "Redis loads no dump while appendonly is yes; set appendonly after the dump is loaded",
        );
    for (const key of ["dbfilename", "appenddirname"])
        if (values.has(key))
            refuse(`settings.${key}`, "a dump needs Redis' default file names; leave it out");
}

function redisDefinition(
    args: RedisServiceArgs,
    password: pulumi.Output<string> | undefined,
): ServiceDefinition {
    const { version = "8", dataPath = DATA_PATH, command, dump } = args;
    const settings: Partial<Record<string, string>> = persistenceSettings(args);
    const files: ContainerFile[] = [
        {
            path: CONFIG_PATH,
            content: pulumi.output(password).apply((password) => configFile(args, password)),
            secret: true,
        },
    ];
    if (password) files.push({ path: PASSWORD_PATH, content: password, secret: true });
    if (dump) files.push({ path: DUMP_PATH, source: dump });
    const ping = ["/bin/sh", "-c", readScriptBody(import.meta.dirname, "ping.sh"), "ping"];
    return {
        defaultImage: `redis:${version}`,
        port: PORT,
        mountPath: dataPath,
        requirements: {
            officialImage: "redis",
            programs: command ? ["redis-cli"] : ["redis-cli", "redis-server"],
            variables: [],
            dataFiles: [
                ...["*.rdb", "*.aof", "*/*.aof", "*/*.manifest"],
                ...["dbfilename", "appendfilename", "appenddirname"].flatMap((name) => settings[name] ?? []),
            ],
            ignoredFiles: ["lost+found", ".gitignore", ".gitkeep"],
        },
        container: {
            command: command ?? (dump ? startFromDump(dataPath) : ["redis-server", CONFIG_PATH]),
            files,
            health: buildHealthCheck(
                checkAtContainerAddress([...ping, password ? PASSWORD_PATH : ""]),
                args.health,
            ),
            capabilities: CAPABILITIES,
            defaultStopTimeout: 10,
        },
    };
}
