const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Parses a Go duration such as `1m30s` into nanoseconds; undefined if it is not one. */
export function nanoseconds(text: string): number | undefined {
    if (text === "0") return 0;
    if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
    return parts.reduce(
        (duration, [, amount, unit]) => duration + Number(amount) * (UNITS[unit ?? ""] ?? 0),
        0,
    );
}

/** Nanoseconds of an optional duration; 0 if it is missing or not a duration. */
export function nanosecondsOrZero(text = ""): number {
    return nanoseconds(text) ?? 0;
}

/** Formats a duration as Go's time.Duration.String does: `60s` becomes `1m0s`. */
export function goDuration(duration: number): string {
    if (duration === 0) return "0s";
    if (duration < 1e9)
        return duration >= 1e6
            ? `${duration / 1e6}ms`
            : duration >= 1e3
              ? `${duration / 1e3}µs`
              : `${duration}ns`;
    const hours = Math.floor(duration / 3600e9);
    const minutes = Math.floor((duration % 3600e9) / 60e9);
    const seconds = `${(duration % 60e9) / 1e9}s`;
    if (hours > 0) return `${hours}h${minutes}m${seconds}`;
    return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** Formats a duration as the official provider does for a service: `1m0s` becomes `1m`, and `1h0m0s` becomes `1h`. */
export function shortDuration(duration: number): string {
    return goDuration(duration).replace(/m0s$/, "m").replace(/h0m$/, "h");
}
