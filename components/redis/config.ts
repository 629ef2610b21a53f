/** Default path of the data in the container. */
export const DATA_PATH = "/data";
export const CONFIG_PATH = "/usr/local/etc/redis/redis.conf";

/** Arguments of a RedisService that the configuration file depends on. */
interface ConfigArgs {
    dataPath?: string;
    persistent?: boolean;
    settings?: Record<string, string>;
}

/** Saves every minute if anything changed: a crash loses one minute at most. */
const SAVE = "60 1";

/** Formats the configuration file. The user's settings override the defaults. */
export function configFile(
    { dataPath = DATA_PATH, persistent = true, settings }: ConfigArgs,
    password: string | undefined,
): string {
    const defaults: Record<string, string> = {
        dir: dataPath,
        save: persistent ? SAVE : '""',
        // In protected mode, a Redis without a password answers only clients in its own container.
        ...(password === undefined && { "protected-mode": "no" }),
    };
    // Leave out a default that the user sets in another case: Redis ignores case, and would apply both lines of a setting
    // such as `save`.
    const inOtherCase = Object.keys(settings ?? {})
        .filter((name) => name !== name.toLowerCase())
        .map((name) => name.toLowerCase());
    const lines: Record<string, string> = {
        ...Object.fromEntries(Object.entries(defaults).filter(([name]) => !inOtherCase.includes(name))),
        ...settings,
        ...(password !== undefined && { requirepass: quoteForConfig(password) }),
    };
    return Object.entries(lines)
        .flatMap(([key, value]) => splitLines(value).map((line) => `${key} ${line}\n`))
        .join("");
}

/**
 * The settings that decide how Redis stores its data, by lower-case name. They are inputs of the component, which the
 * preview of a pull request compares.
 */
export function persistenceSettings({ persistent = true, settings }: ConfigArgs): Record<string, string> {
    const names = ["appendonly", "appenddirname", "appendfilename", "dbfilename", "save"];
    // The settings are not validated yet.
    const userSettings = Object.entries((settings ?? {}) as Record<string, unknown>).flatMap(
        ([name, value]) =>
            typeof value === "string" && names.includes(name.toLowerCase())
                ? [[name.toLowerCase(), unquote(value)] as const]
                : [],
    );
    return { save: persistent ? SAVE : "", ...Object.fromEntries(userSettings) };
}

function unquote(value: string): string {
    return value.trim().replace(/^(["'])(.*)\1$/, "$2");
}

/** The values of a setting, one on each line. An empty value is written as `""`. */
function splitLines(value: string): string[] {
    const lines = value.split(/\r?\n|\r/).filter((line) => line.trim() !== "");
    return lines.length === 0 ? ['""'] : lines;
}

function quoteForConfig(value: string): string {
    const escaped = value
        .replace(/["\\]/g, "\\$&")
        .replace(/\t/g, "\\t")
        .replace(/\p{Cc}/gu, (control) =>
            control < " " ? `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}` : control,
        );
    return `"${escaped}"`;
}
