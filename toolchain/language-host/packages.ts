import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** What this host reads of a package.json. */
export interface Manifest {
    name?: string;
    version?: string;
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
    optionalDependencies?: Record<string, string>;
    peerDependencies?: Record<string, string>;
    pulumi?: {
        resource?: boolean;
        name?: string;
        version?: string;
        server?: string;
        parameterization?: Parameterization;
        extensionParameterization?: Parameterization;
    };
}

export interface Parameterization {
    name: string;
    version: string;
    /** In base64. */
    value: string;
}

export interface InstalledPackage {
    name: string;
    version: string;
    /** Named in the program's own package.json. */
    direct: boolean;
    manifest: Manifest;
}

export interface PluginPackage {
    name: string;
    version: string;
    server: string;
    parameterization?: Parameterization;
    extension?: Parameterization;
}

/**
 * The packages that a program's package.json leads to, each found where Node would find it: hoisted, linked or
 * nested. What merely lies beside them in node_modules is another program's.
 */
export function installedPackages(programDirectory: string): InstalledPackage[] {
    const root = findUp(programDirectory, "package.json");
    if (root === undefined) return [];
    const found = new Map<string, InstalledPackage>();
    const queue = [{ directory: dirname(root), manifest: readManifest(root), direct: true }];
    for (const { directory, manifest, direct } of queue) {
        for (const dependency of dependenciesOf(manifest, direct)) {
            const path = findUp(directory, join("node_modules", dependency, "package.json"));
            if (path === undefined || found.has(path)) continue;
            const installed = readManifest(path);
            const { name = dependency, version = "" } = installed;
            found.set(path, { name, version, direct, manifest: installed });
            // Where pnpm and workspaces link a package to: its own dependencies lie beside it there.
            queue.push({ directory: realpathSync.native(dirname(path)), manifest: installed, direct: false });
        }
    }
    return [...found.values()];
}

/** The provider plugins that the SDKs among these packages ask for. */
export function pluginPackages(packages: InstalledPackage[]): PluginPackage[] {
    return packages.flatMap(({ name, version, manifest: { pulumi } }) => {
        // Outside of @pulumi a package's name says nothing of its plugin's.
        const plugin = pulumi?.name ?? (name.startsWith("@pulumi/") ? name.slice("@pulumi/".length) : undefined);
        if (!pulumi?.resource || plugin === undefined) return [];
        return {
            name: plugin,
            version: `v${(pulumi.version ?? version).replace(/^v/, "")}`,
            server: pulumi.server ?? "",
            parameterization: pulumi.parameterization,
            extension: pulumi.extensionParameterization,
        };
    });
}

export function findUp(directory: string, name: string): string | undefined {
    const path = join(directory, name);
    if (existsSync(path)) return path;
    const parent = dirname(directory);
    return parent === directory ? undefined : findUp(parent, name);
}

export function readManifest(path: string): Manifest {
    try {
        return JSON.parse(readFileSync(path, "utf8")) as Manifest;
    } catch (error) {
        throw new Error(`${path} is not valid JSON; install it again`, { cause: error });
    }
}

function dependenciesOf(manifest: Manifest, direct: boolean): string[] {
    return Object.keys({
        ...manifest.dependencies,
        ...manifest.optionalDependencies,
        ...manifest.peerDependencies,
        ...(direct && manifest.devDependencies),
    });
}
