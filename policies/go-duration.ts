const SECONDS: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6 };

/** The seconds in a duration of Go, for example 90 for `1m30s`. Undefined for anything else. */
export function parseGoDuration(text: string): number | undefined {
    if (!/^(?:[\d.]+(?:h|ms|us|m|s))+$/.test(text)) return undefined;
    const parts = [...text.matchAll(/([\d.]+)(h|ms|us|m|s)/g)];
    return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}
