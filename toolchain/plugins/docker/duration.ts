const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** A duration as Go writes it, such as `1m30s`, in nanoseconds; undefined for any other text. */
export function nanoseconds(text: string): number | undefined {
    if (text === "0") return 0;
    if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
    return parts.reduce((total, [, amount, unit]) => total + Number(amount) * (UNITS[unit ?? ""] ?? 0), 0);
}

/** Nanoseconds of an optional duration; 0 if it is missing or not a duration. */
export function nanosecondsOrZero(text = ""): number {
    return nanoseconds(text) ?? 0;
}

/** As Go writes it back (time.Duration.String): `60s` becomes `1m0s`. */
export function goDuration(total: number): string {
    if (total === 0) return "0s";
    if (total < 1e9)
        return total >= 1e6 ? `${total / 1e6}ms` : total >= 1e3 ? `${total / 1e3}µs` : `${total}ns`;
    const hours = Math.floor(total / 3600e9);
    const minutes = Math.floor((total % 3600e9) / 60e9);
    const seconds = `${(total % 60e9) / 1e9}s`;
    if (hours > 0) return `${hours}h${minutes}m${seconds}`;
    return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** As the official provider reads it back from a service: `1m0s` becomes `1m`, and `1h0m0s` becomes `1h`. */
export function shortDuration(total: number): string {
    return goDuration(total).replace(/m0s$/, "m").replace(/h0m$/, "h");
}
