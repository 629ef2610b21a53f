import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Without these Chromium looks for its makers' servers at every start. */
const QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];

/** In place of the user's own settings, where Chromium keeps its crash reports whatever its profile is. */
const HOME = resolve(import.meta.dirname, "../../node_modules/.cache/chromium");

/** Debian's Chromium, without a window. */
export function launch(): Promise<Browser> {
    const executablePath = execFileSync("bash", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
    const env = { ...process.env, HOME, XDG_CONFIG_HOME: HOME, XDG_CACHE_HOME: HOME };
    return chromium.launch({ executablePath, args: ["--no-sandbox", ...QUIET], env });
}

/** What a person reads on a page. */
export async function reads(url: string, screenshot?: string): Promise<string> {
    const browser = await launch();
    try {
        const page = await browser.newPage();
        page.setDefaultTimeout(20_000);
        await page.goto(url);
        if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true });
        return await page.locator("body").innerText();
    } finally {
        await browser.close();
    }
}
