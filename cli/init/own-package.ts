import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface PackageJson {
    name: string;
    version: string;
    /** The supported versions of Pulumi's packages. */
    peerDependencies: Record<string, string>;
    /** Among others, the versions of Pulumi's packages that this version is tested with. npm publishes them too. */
    devDependencies: Record<string, string>;
}

/** The package.json of this package: of the clone, or of the installed package, which is compiled into `dist`. */
export function ownPackage(): PackageJson {
    for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
        try {
            const content = JSON.parse(
                readFileSync(join(directory, "package.json"), "utf8"),
            ) as Partial<PackageJson>;
            // That of `dist` only has the type of its modules and the version.
            if (content.peerDependencies !== undefined) return content as PackageJson;
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        }
        if (dirname(directory) === directory) throw new Error("the package.json of Drydock is missing");
    }
}
