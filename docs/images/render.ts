/** Renders a summary of a pull request as images: `node docs/images/render.ts <summary.md> <directory>`. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [summary = "", directory = ""] = process.argv.slice(2);
void render();

async function render(): Promise<void> {
    const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
    try {
        const page = await browser.newPage({ viewport: { width: 900, height: 600 }, deviceScaleFactor: 1.5 });
        await page.goto(pathToFileURL(resolve("docs/images/page.html")).href);
        await page.evaluate(`show(${JSON.stringify(readFileSync(summary, "utf8"))})`);
        await page.locator("#comment").screenshot({ path: join(directory, "pull-request.png") });
        await page.evaluate("toggleDetails(true)");
        await page.locator(".mermaid").screenshot({ path: join(directory, "environment.png") });
    } finally {
        await browser.close();
    }
}
