import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** The fields of a package.json that this host reads. */
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
    /** Encoded in base64. */
    value: string;
}

export interface InstalledPackage {
    name: string;
    version: string;
    /** A dependency of the program itself. */
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
 * The direct and transitive dependencies of a program, resolved as Node does: hoisted, linked or nested. Other packages in
 * node_modules are ignored.
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
            // pnpm and workspaces use symbolic links. The dependencies are next to the target.
            queue.push({ directory: realpathSync.native(dirname(path)), manifest: installed, direct: false });
        }
    }
    return [...found.values()];
}

/** The provider plugins that the packages require. */
export function pluginPackages(packages: InstalledPackage[]): PluginPackage[] {
    return packages.flatMap(({ name, version, manifest: { pulumi } }) => {
        // Only for packages in @pulumi can the plugin's name be derived from that of the package.
        const plugin =
            pulumi?.name ?? (name.startsWith("@pulumi/") ? name.slice("@pulumi/".length) : undefined);
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
