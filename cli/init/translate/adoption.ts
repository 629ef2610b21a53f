import { posix } from "node:path";
import type { Declaration, DeclaredService, DeclaredVolume } from "../declared.ts";
import { type Arguments, Code } from "../model.ts";
import { camelCase, type ProgramBuilder } from "../program-builder.ts";
import { evaluate, isSecret, isVariable, type Template } from "../text/template.ts";

/** Notes of the report about data and passwords that are taken over. */
export const ADOPTED = "the existing data, if the setting of the stack names it";
export const ADOPTED_PASSWORD =
    "kept, if the stack has it as a secret; otherwise a new one is generated and set in the database";

/** What determines the name of Docker Compose's project, besides its file. */
export interface ComposeProject {
    /** Absolute path of the application's directory. */
    directory: string;
    /** `COMPOSE_PROJECT_NAME`. */
    variable?: string;
}

/** The name of the project, determined as Docker Compose does. */
export function composeProjectName(
    { file, name }: Declaration,
    { directory, variable = "" }: ComposeProject,
): string {
    const [first = ""] = file.split(", ");
    const own = posix.basename(posix.resolve(directory, posix.dirname(first)));
    return (variable || (name ?? own))
        .toLowerCase()
        .replace(/[^a-z0-9_-]/g, "")
        .replace(/^[_-]+/, "");
}

/**
 * Takes over the data of what runs now. Where it is depends on the stack, so the volume, the directory and the password are
 * settings: a stack that does not set them has data and a password of its own.
 */
export class Adoption {
    /** Values of settings, for the stacks whose machines have the data. */
    readonly values: Record<string, string> = {};
    /** Those of `values` that are volumes. */
    readonly volumes: Record<string, string> = {};
    readonly #builder: ProgramBuilder;
    readonly #declaration: Declaration;
    readonly #composeProject: string;
    readonly #home: string;

    /** @param project names the volumes of the Compose file */
    constructor(builder: ProgramBuilder, declaration: Declaration, project: ComposeProject, sshUser: string) {
        this.#builder = builder;
        this.#declaration = declaration;
        this.#composeProject = composeProjectName(declaration, project);
        this.#home = sshUser === "root" ? "/root" : `/home/${sshUser}`;
    }

    /** `volume` or `hostPath`, as the argument of a component. Empty for a volume without a name. */
    place({ name }: DeclaredService, volume: DeclaredVolume): Arguments {
        if (volume.kind !== "volume") return {};
        const argument = volume.hostPath === undefined ? "volume" : "hostPath";
        const setting = camelCase(
            `${name}-${posix.basename(volume.target)}-${argument === "volume" ? "volume" : "directory"}`,
        );
        const description = `Existing ${argument === "volume" ? "volume" : "directory"} with the data of ${name}; empty for a new volume`;
        const { text } = this.#builder.setting(setting, "string", description, "");
        if (volume.hostPath === undefined) this.adoptVolume(setting, volume.source);
        else this.values[setting] = posix.resolve(this.#home, volume.hostPath);
        return { [argument]: new Code(`${text} || undefined`) };
    }

    /** Lets a setting name a volume of the file. */
    adoptVolume(setting: string, volume: string): void {
        const name = this.#volumeName(volume);
        this.values[setting] = name;
        this.volumes[setting] = name;
    }

    /** Name in Docker of a volume of the file. */
    #volumeName(volume: string): string {
        const declared = this.#declaration.volumes.get(volume);
        const isKamal = declared === undefined && this.#declaration.file.endsWith("deploy.yml");
        if (declared?.name !== undefined) return declared.name;
        return isKamal || declared?.external === true ? volume : `${this.#composeProject}_${volume}`;
    }

    /** The existing password, if the stack has it as a secret, or else a generated one. */
    password(
        { name }: DeclaredService,
        password: Template | undefined,
        known: Record<string, string>,
    ): Arguments {
        const [part] = password ?? [];
        if (part === undefined) return {};
        const secret =
            typeof part === "object" && isSecret(part) ? part.secret : camelCase(`${name}-password`);
        const value = evaluate(password ?? [], known);
        const source =
            typeof part === "object" && isVariable(part) ? `the variable ${part.variable}` : "the file";
        this.#builder.secret({
            name: secret,
            source,
            isOptional: true,
            isGenerated: true,
            ...(value !== "" && { value }),
        });
        return { password: new Code(`config.getSecret(${JSON.stringify(secret)})`, [], ["config"]) };
    }
}
