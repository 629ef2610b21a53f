import type { Declaration } from "./declared.ts";
import type {
    DatabaseFacts,
    DockerfileFacts,
    GemFacts,
    ProcfileLine,
    RailsFacts,
    SecretFacts,
} from "./facts.ts";
import type { ProjectFiles } from "./project-files.ts";
import type { Report } from "./report.ts";
import {
    findComposeFile,
    otherComposeFiles,
    overrideFileOf,
    readCompose,
    readDotEnv,
} from "./sources/compose.ts";
import { readDatabases } from "./sources/database-yml.ts";
import { readDockerfile } from "./sources/dockerfile.ts";
import { readGems } from "./sources/gemfile-lock.ts";
import { type KamalFacts, readKamal } from "./sources/kamal.ts";
import { readKamalSecrets } from "./sources/kamal-secrets.ts";
import { readProcfile } from "./sources/procfile.ts";
import { readRails } from "./sources/rails.ts";

/** The facts from each source. */
export interface Facts {
    files: ProjectFiles;
    gems: GemFacts;
    rails: RailsFacts;
    databases: DatabaseFacts[];
    procfile: ProcfileLine[];
    dockerfile?: DockerfileFacts;
    compose?: Declaration;
    kamal?: KamalFacts;
    secrets: SecretFacts[];
    /** Variables whose values are known on this machine: those of `.env`. */
    known: Record<string, string>;
    /** Which of the two files describes what runs. */
    source?: "kamal" | "compose";
}

/** Which sources to read. */
export interface DetectOptions {
    /** Compose files, instead of those that Docker Compose finds. */
    composeFiles?: string[];
    /** Which file describes what runs, if there are both. @default Kamal's, which describes production */
    from?: "kamal" | "compose";
}

/**
 * Reads from an application's files how it runs. Executes nothing.
 *
 * @param report receives the outcome of each key of the file that describes what runs
 */
export function detect(
    files: ProjectFiles,
    report: Report,
    { composeFiles, from }: DetectOptions = {},
): Facts {
    const found = composeFiles?.[0] ?? findComposeFile(files);
    const override = composeFiles || found === undefined ? undefined : overrideFileOf(found, files);
    const names = composeFiles ?? [found, override].filter((name) => name !== undefined);
    const hasKamal = files.read("config/deploy.yml") !== undefined;
    const source =
        from ?? (hasKamal && composeFiles === undefined ? "kamal" : names.length > 0 ? "compose" : undefined);
    const known = source === "compose" ? readDotEnv(files, report) : {};
    const compose =
        source === "compose" ? readCompose(names, { files, variables: known, report }) : undefined;
    const kamal = source === "kamal" ? readKamal(files, report) : undefined;
    if (source === "kamal" && names.length > 0)
        report.note(
            `${names.join(", ")}: not read, as config/deploy.yml describes what runs; \`--from compose\` reads it instead`,
        );
    if (source === "compose" && hasKamal)
        report.note("config/deploy.yml: not read; `--from kamal` reads it instead");
    for (const name of otherComposeFiles(files, [...names, ...(compose?.file.split(", ") ?? [])]))
        report.note(`${name}: not read; \`--compose ${name}\` reads it`);
    if (files.read("Procfile.dev") !== undefined)
        report.note("Procfile.dev: not read, as it is for development");
    const { databases, problems } = readDatabases(files);
    for (const problem of problems) report.note(problem);
    return {
        files,
        gems: readGems(files),
        rails: readRails(files),
        databases,
        procfile: readProcfile(files),
        dockerfile: readDockerfile(files, dockerfilePath(compose, kamal)),
        compose,
        kamal,
        secrets: readKamalSecrets(files),
        known,
        source,
    };
}

function dockerfilePath(compose: Declaration | undefined, kamal: KamalFacts | undefined): string | undefined {
    const services = compose?.services ?? kamal?.declaration.services ?? [];
    return services.find(({ build }) => build?.dockerfile !== undefined)?.build?.dockerfile;
}
