import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/** Otherwise Chromium connects to Google's servers whenever it starts. */
const OFFLINE = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];

/** Instead of the user's home directory, where Chromium stores crash reports whatever its profile is. */
const HOME = resolve(import.meta.dirname, "../../node_modules/.cache/chromium");

/** Starts Chromium without a window. */
export function launch(...args: string[]): Promise<Browser> {
    const executablePath = execFileSync("bash", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
    const env = { ...process.env, HOME, XDG_CONFIG_HOME: HOME, XDG_CACHE_HOME: HOME };
    return chromium.launch({
        executablePath,
        args: ["--no-sandbox", ...OFFLINE, ...args],
        env,
        timeout: 120_000,
    });
}

const ATTEMPTS = 10;

/** Opens a page. Chromium gives up when the machine gets a network, and other tests create networks in Docker. */
export async function openPage(page: Page, url: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
        try {
            await page.goto(url);
            return;
        } catch (error) {
            if (attempt === ATTEMPTS || !String(error).includes("ERR_NETWORK_CHANGED")) throw error;
        }
    }
}

/** Opens a page in a browser and returns the visible text. */
export async function visibleText(url: string, screenshot?: string): Promise<string> {
    const browser = await launch();
    try {
        const page = await browser.newPage();
        page.setDefaultTimeout(120_000);
        await openPage(page, url);
        if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true });
        return await page.locator("body").innerText();
    } finally {
        await browser.close();
    }
}
