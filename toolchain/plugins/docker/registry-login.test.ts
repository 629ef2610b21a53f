import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findLogin } from "./registry-login.ts";

describe("the login for an image", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-auth-"));
    const env = { DOCKER_CONFIG: directory };
    const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });
    const given = [
        { address: "registry.example.com:5000", username: "me", password: "given" },
        { address: "https://other.example.com/v2/", username: "me", password: "other" },
        { address: "open.example.com" },
    ];

    beforeAll(() => {
        const auths = {
            "https://index.docker.io/v1/": auth("hub:secret"),
            "ghcr.io": auth("cli:with:colons"),
            "registry.example.com:5000": auth("cli:hidden"),
            "helper.example.com": {},
        };
        writeFileSync(join(directory, "config.json"), JSON.stringify({ auths }));
    });

    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    test.each([
        ["registry.example.com:5000/app:1", "me", "given", "registry.example.com:5000"],
        ["other.example.com/app", "me", "other", "other.example.com"],
        ["ghcr.io/team/app", "cli", "with:colons", "ghcr.io"],
        ["redis:8", "hub", "secret", "https://index.docker.io/v1/"],
        ["docker.io/library/redis", "hub", "secret", "https://index.docker.io/v1/"],
        ["index.docker.io/library/redis", "hub", "secret", "https://index.docker.io/v1/"],
    ])(
        "for %s is that of %s, configured or from docker login",
        (image, username, password, serveraddress) => {
            expect(findLogin(image, given, env)).toEqual({ username, password, serveraddress });
        },
    );

    test.each([
        "docker.io",
        "index.docker.io",
        "https://index.docker.io/v1/",
        "registry-1.docker.io",
        "https://registry-1.docker.io/v2/",
    ])("accepts %s as an address of Docker Hub", (address) => {
        const login = { username: "me", password: "given" };
        expect(findLogin("redis:8", [{ address, ...login }], env)).toEqual({
            ...login,
            serveraddress: "https://index.docker.io/v1/",
        });
        expect(findLogin("ghcr.io/team/app", [{ address, ...login }], env)?.username).toBe("cli");
    });

    test.each([
        "helper.example.com/app",
        "open.example.com/app",
        "registry.example.com/app",
        "unknown.io/app",
    ])("is missing for %s, and never that of another registry", (image) => {
        expect(findLogin(image, given, env)).toBeUndefined();
    });

    test("is missing without a config.json", () => {
        expect(findLogin("ghcr.io/app", [], { DOCKER_CONFIG: "/nowhere" })).toBeUndefined();
    });
});
