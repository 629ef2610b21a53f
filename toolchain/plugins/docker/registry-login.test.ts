import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findLogin } from "./registry-login.ts";

describe("the login for an image", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-auth-"));
    const env = { DOCKER_CONFIG: directory, PATH: `${directory}:${process.env.PATH}` };
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
        const credHelpers = { "helper.example.com": "e2e", "empty.example.com": "e2e" };
        writeFileSync(join(directory, "config.json"), JSON.stringify({ auths, credHelpers }));
        writeFileSync(
            join(directory, "docker-credential-e2e"),
            `#!/bin/sh
             read -r server || true
             [ "$1 $server" = "get helper.example.com" ] || exit 1
             echo '{ "ServerURL": "helper.example.com", "Username": "helped", "Secret": "token" }'`,
            { mode: 0o755 },
        );
    });

    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    test.each([
        ["registry.example.com:5000/app:1", "me", "given", "registry.example.com:5000"],
        ["other.example.com/app", "me", "other", "other.example.com"],
        ["ghcr.io/team/app", "cli", "with:colons", "ghcr.io"],
        ["helper.example.com/app", "helped", "token", "helper.example.com"],
        ["redis:8", "hub", "secret", "https://index.docker.io/v1/"],
        ["docker.io/library/redis", "hub", "secret", "https://index.docker.io/v1/"],
        ["index.docker.io/library/redis", "hub", "secret", "https://index.docker.io/v1/"],
    ])("for %s is that of %s, configured or of docker login", (image, username, password, serveraddress) => {
        expect(findLogin(image, given, env)).toEqual({ username, password, serveraddress });
    });

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
        "empty.example.com/app",
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
