import { readFileSync } from "node:fs";
import { join } from "node:path";
import semver from "semver";

const ROOT = join(import.meta.dirname, "../..");

interface LockedPackage {
    version?: string;
    engines?: { node?: string };
    /** Whether only the development of Drydock needs it. */
    dev?: boolean;
    /** Whether the installed package has it only if the user's project has it. */
    peer?: boolean;
}

function readJson(file: string): unknown {
    return JSON.parse(readFileSync(join(ROOT, file), "utf8"));
}

test("each dependency of the npm package runs on the oldest Node.js that the package supports", () => {
    const { engines } = readJson("package.json") as { engines: { node: string } };
    const oldest = semver.minVersion(engines.node)?.version ?? "";
    const { packages } = readJson("package-lock.json") as { packages: Record<string, LockedPackage> };
    const dependencies = Object.entries(packages).filter(([, { dev, peer }]) => !dev && !peer);
    expect(dependencies.length).toBeGreaterThan(10);
    const refused = dependencies
        .filter(([, { engines = {} }]) => !semver.satisfies(oldest, engines.node ?? "*"))
        .map(([path, { version = "", engines }]) => `${path} ${version} needs Node.js ${engines?.node}`);
    expect(refused).toEqual([]);
});
