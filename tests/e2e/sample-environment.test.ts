import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launch } from "./browser.ts";
import { Environment } from "./environment.ts";
import { acceptsConnections } from "./network.ts";

describe("the environment from outside", () => {
    const environment = new Environment("outside");
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

    test("a person signs up, posts, follows and sees the feed; the counter counts, and the worker works", async () => {
        const page = await browser.newPage();
        page.setDefaultTimeout(20_000);
        await page.goto(`${environment.url}/sign_up`);
        await page.getByLabel("Name").fill("Sam Sailor");
        await page.getByLabel("Email").fill("sam@example.com");
        await page.getByLabel("Password (8").fill("shiver me timbers");
        await page.getByLabel("Password again").fill("shiver me timbers");
        await page.getByRole("button", { name: "Create my account" }).click();

        await page.getByLabel("What's new?").fill("Land ahoy!");
        await page.getByRole("button", { name: "Post" }).click();
        await page.goto(`${environment.url}/users`);
        await page.getByRole("link", { name: "Ada Lovelace" }).first().click();
        await page.getByRole("button", { name: "Follow" }).click();

        await page.goto(environment.url);
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

    describe("no password shows", () => {
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
                        join(clone.dir, ".drydock/state/.pulumi/stacks/drydock/outside.json"),
                        "utf8",
                    ),
            ],
            [
                "in a preview with every difference",
                async () => {
                    clone.edit(
                        "stacks/sample.ts",
                        "memory: settings",
                        "env: { EXTRA: '1' }, memory: settings",
                    );
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
        test.each(places)("%s", async (_, look) => {
            const text = await look();
            expect(text.length).toBeGreaterThan(100);
            for (const password of passwords) expect(text.includes(password)).toBe(false);
        });
    });

    test("what is not published cannot be reached from the host's ports", async () => {
        const published = clone.shell(
            `docker port ${environment.container("db")}; docker port ${environment.container("cache")}`,
        );
        expect(published).toBe("");
        expect(await acceptsConnections(Number(new URL(environment.url).port))).toBe(true);
    });

    test("what is linked reaches it, and what is not does not", () => {
        const reach = (options: string, host: string) =>
            clone.shell(
                `timeout 20 docker run --rm ${options} redis:8 sh -c 'timeout 3 redis-cli -h ${host} ping 2>&1 || true'`,
            );
        const cache = environment.container("cache");
        const address = clone
            .shell(
                `docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' ${cache}`,
            )
            .trim();
        expect(reach(`--network ${cache}`, cache)).toContain("NOAUTH");
        expect(reach("", address)).not.toMatch(/NOAUTH|PONG/);
        expect(reach("", cache)).not.toMatch(/NOAUTH|PONG/);
    });
});
