import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launch, openPage } from "./browser.ts";
import { Environment } from "./environment.ts";
import { acceptsConnections, isIsolated } from "./network.ts";

describe("the sample environment", () => {
    const environment = new Environment("sample");
    const { clone } = environment;
    let browser: Browser;
    beforeAll(async () => {
        await environment.prepare();
        await environment.up();
        browser = await launch();
    });
    afterAll(async () => {
        await browser.close();
        await environment.dispose();
    });

    test("lets a user sign up, post, follow others and read the feed; counts visits; runs background jobs", async () => {
        const page = await browser.newPage();
        page.setDefaultTimeout(120_000);
        await openPage(page, `${environment.url}/sign_up`);
        await page.getByLabel("Name").fill("Sam Sailor");
        await page.getByLabel("Email").fill("sam@example.com");
        await page.getByLabel("Password (8").fill("shiver me timbers");
        await page.getByLabel("Password again").fill("shiver me timbers");
        await page.getByRole("button", { name: "Create my account" }).click();

        await page.getByLabel("What's new?").fill("Land ahoy!");
        await page.getByRole("button", { name: "Post" }).click();
        await openPage(page, `${environment.url}/users`);
        await page.getByRole("link", { name: "Ada Lovelace" }).first().click();
        await page.getByRole("button", { name: "Follow" }).click();

        await openPage(page, environment.url);
        const feed = page.locator("#feed");
        await feed.getByText("Land ahoy!").waitFor();
        await feed.getByText("Note G is done").waitFor();
        const visits = async () =>
            Number((await page.locator("#visits strong").innerText()).replace(/\D/g, ""));
        const counted = await visits();
        await page.reload();
        expect(await visits()).toBeGreaterThan(counted);
        expect(await page.locator("#notifications").innerText()).toMatch(/Delivered by/);
        await page.screenshot({ path: join(clone.dir, ".drydock/feed.png"), fullPage: true });
    });

    describe("shows no password", () => {
        let passwords: string[] = [];
        beforeAll(() => {
            passwords = environment
                .resources()
                .filter(({ type }) => type === "random:index/randomPassword:RandomPassword")
                .map(({ outputs }) => outputs?.result as { plaintext?: string } | string)
                .map((result) =>
                    typeof result === "string" ? result : (JSON.parse(result.plaintext ?? "") as string),
                );
            // Postgres, Redis, and Rails' SECRET_KEY_BASE.
            expect(passwords).toHaveLength(3);
        });

        const places: [string, () => string | Promise<string>][] = [
            [
                "in the state",
                () =>
                    readFileSync(
                        join(clone.dir, ".drydock/state/.pulumi/stacks/drydock/sample.json"),
                        "utf8",
                    ),
            ],
            [
                "in a preview with every difference",
                async () => {
                    clone.edit("stacks/sample.ts", "memory: config", "env: { EXTRA: '1' }, memory: config");
                    const { output } = await environment.pulumi("preview --diff");
                    environment.restore();
                    expect(output).toContain("envs");
                    return output;
                },
            ],
            [
                "in docker inspect of the database",
                () => clone.shell(`docker inspect ${environment.container("db")}`),
            ],
            [
                "in docker inspect of Redis",
                () => clone.shell(`docker inspect ${environment.container("cache")}`),
            ],
            [
                "on a command line",
                () => clone.shell("ps axww -o args 2>/dev/null || cat /proc/[0-9]*/cmdline | tr '\\0' ' '"),
            ],
            [
                "in a log",
                () =>
                    ["db", "cache", "sample", "sample-worker"]
                        .map((name) => clone.shell(`docker logs ${environment.container(name)} 2>&1`))
                        .join(""),
            ],
        ];
        test.each(places)("%s", async (_, read) => {
            const text = await read();
            expect(text.length).toBeGreaterThan(100);
            for (const password of passwords) expect(text.includes(password)).toBe(false);
        });
    });

    test("publishes the web application only", async () => {
        const published = clone.shell(
            `docker port ${environment.container("db")}; docker port ${environment.container("cache")}`,
        );
        expect(published).toBe("");
        expect(await acceptsConnections(Number(new URL(environment.url).port))).toBe(true);
    });

    test("is reachable for containers on a service's network only", () => {
        const ping = (options: string, host: string) =>
            clone.shell(
                `docker run --rm ${options} redis:8 sh -c 'timeout 10 redis-cli -h ${host} ping 2>&1 || true'`,
            );
        const cache = environment.container("cache");
        const address = clone
            .shell(
                `docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' ${cache}`,
            )
            .trim();
        expect(ping(`--network ${cache}`, cache)).toContain("NOAUTH");
        for (const host of [address, cache])
            expect(isIsolated(() => /NOAUTH|PONG/.test(ping("", host)))).toBe(true);
    });
});
