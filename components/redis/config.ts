/** Default path of the data in the container. */
export const DATA_PATH = "/data";
export const CONFIG_PATH = "/usr/local/etc/redis/redis.conf";

/** Arguments of a RedisService that the configuration file depends on. */
interface ConfigArgs {
    dataPath?: string;
    persistent?: boolean;
    settings?: Record<string, string>;
}

/** Content of the configuration file. The user's settings override the defaults. */
export function configFile(
    { dataPath = DATA_PATH, persistent = true, settings }: ConfigArgs,
    password: string | undefined,
): string {
    const lines: Record<string, string> = {
        dir: dataPath,
        // Once a minute: a crash loses the last minute at most.
        save: persistent ? "60 1" : '""',
        // In protected mode, a Redis without a password answers only clients in its own container.
        ...(password === undefined && { "protected-mode": "no" }),
        ...settings,
        ...(password !== undefined && { requirepass: quoteForConfig(password) }),
    };
    return Object.entries(lines)
        .flatMap(([key, value]) => splitLines(value).map((line) => `${key} ${line}\n`))
        .join("");
}

/**
 * The settings with which Redis finds and keeps its data, by name in lower case. They are inputs of the component, where
 * the preview of a pull request reads them.
 */
export function persistenceSettings({ persistent = true, settings }: ConfigArgs): Record<string, string> {
    const names = ["appendonly", "appenddirname", "appendfilename", "dbfilename", "save"];
    // Not validated yet.
    const given = Object.entries((settings ?? {}) as Record<string, unknown>).flatMap(([name, value]) =>
        typeof value === "string" && names.includes(name.toLowerCase())
            ? [[name.toLowerCase(), unquote(value)] as const]
            : [],
    );
    return { save: persistent ? "60 1" : "", ...Object.fromEntries(given) };
}

function unquote(value: string): string {
    return value.trim().replace(/^(["'])(.*)\1$/, "$2");
}

/** Values of a setting: one on each line. An empty value is `""`. */
function splitLines(value: string): string[] {
    const lines = value.split(/\r?\n|\r/).filter((line) => line.trim() !== "");
    return lines.length === 0 ? ['""'] : lines;
}

function quoteForConfig(text: string): string {
    const escaped = text
        .replace(/["\\]/g, "\\$&")
        .replace(/\t/g, "\\t")
        .replace(/\p{Cc}/gu, (control) =>
            control < " " ? `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}` : control,
        );
    return `"${escaped}"`;
}
