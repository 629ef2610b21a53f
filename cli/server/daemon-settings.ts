/** Settings of the Docker daemon, in /etc/docker/daemon.json. */

/** Limits the log of each container. */
const ROTATION = { "max-size": "10m", "max-file": "3" } as const;

/** Whether and how daemon.json has to change. */
export type DaemonSettings =
    | { kind: "rotated" }
    /** The content that the file needs. */
    | { kind: "change"; content: string }
    /** Another log driver, which is left alone. */
    | { kind: "other-driver"; driver: string }
    | { kind: "invalid"; reason: string };

/**
 * Adds log rotation to the settings, and keeps everything else.
 *
 * @param text undefined if there is no file
 */
export function withLogRotation(text: string | undefined): DaemonSettings {
    const settings = parseSettings(text ?? "");
    if (typeof settings === "string") return { kind: "invalid", reason: settings };
    const { "log-driver": driver = "json-file", "log-opts": options = {} } = settings;
    if (driver !== "json-file") return { kind: "other-driver", driver: String(driver) };
    if (!isObject(options)) return { kind: "invalid", reason: "log-opts is not an object" };
    if (options["max-size"] !== undefined) return { kind: "rotated" };
    const merged = { ...settings, "log-driver": driver, "log-opts": { ...ROTATION, ...options } };
    return { kind: "change", content: `${JSON.stringify(merged, undefined, indentation(text ?? ""))}\n` };
}

/** The settings, or why they cannot be read. Docker accepts an empty file. */
function parseSettings(text: string): Record<string, unknown> | string {
    if (text.trim() === "") return {};
    try {
        const settings = JSON.parse(text) as unknown;
        return isObject(settings) ? settings : "it is not an object";
    } catch (error) {
        return (error as Error).message;
    }
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The indentation of the file, by default two spaces. */
function indentation(text: string): string {
    return /^[ \t]+(?=")/m.exec(text)?.[0] ?? "  ";
}
