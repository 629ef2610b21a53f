import type { Facts } from "./detect.ts";
import { formatPlace } from "./facts.ts";
import { startsThruster } from "./sources/dockerfile.ts";
import { formatTemplate } from "./text/template.ts";
import { railsVersion } from "./translate/rails.ts";

const GEMS = [
    "pg",
    "sqlite3",
    "mysql2",
    "trilogy",
    "redis",
    "sidekiq",
    "solid_queue",
    "good_job",
    "resque",
    "delayed_job",
    "thruster",
];

/** What was found, one line for each source. */
export function describeFacts(facts: Facts): string[] {
    const { gems, databases, procfile, dockerfile, compose, kamal, secrets, rails } = facts;
    const version = railsVersion(facts);
    const source = facts.files.read("Gemfile.lock") === undefined ? "Gemfile" : "Gemfile.lock";
    const used = GEMS.filter((gem) => gems.versions.has(gem)).map((gem) =>
        `${gem} ${gems.versions.get(gem)?.value ?? ""}`.trim(),
    );
    const ruby = gems.ruby ? [`Ruby ${gems.ruby.value} (${formatPlace(gems.ruby.place)})`] : [];
    const lines: [source: string, found: string[]][] = [
        [source, [...(version === undefined ? [] : [`Rails ${version}`]), ...ruby, ...used]],
        [
            "config/database.yml",
            databases.map(
                ({ name, adapter, database }) =>
                    `${name}: ${adapter}${database ? ` ${formatTemplate(database)}` : ""}`,
            ),
        ],
        ["Procfile", procfile.map(({ name }) => name)],
        [
            dockerfile?.file ?? "Dockerfile",
            dockerfile
                ? [
                      ...dockerfile.ports.map(({ value }) => `port ${value}`),
                      ...(dockerfile.workingDirectory
                          ? [`directory ${dockerfile.workingDirectory.value}`]
                          : []),
                      ...(dockerfile.user ? [`user ${dockerfile.user.value}`] : []),
                      ...(startsThruster(dockerfile) ? ["Thruster"] : []),
                      ...dockerfile.secrets.map(({ value }) => `build secret ${value}`),
                  ]
                : [],
        ],
        [compose?.file ?? "", compose?.services.map(({ name }) => name) ?? []],
        [
            kamal?.declaration.file ?? "",
            kamal
                ? [
                      ...kamal.declaration.services.map(
                          ({ name, isApplication }) => `${isApplication ? "role" : "accessory"} ${name}`,
                      ),
                      ...kamal.destinations.map(({ name }) => `destination ${name}`),
                  ]
                : [],
        ],
        [".kamal/secrets", secrets.map(({ name }) => name)],
        ["credentials", [rails.credentials?.file, rails.keyFile].filter((file) => file !== undefined)],
    ];
    return lines
        .filter(([, found]) => found.length > 0)
        .map(([source, found]) => `${source}: ${found.join(", ")}`);
}
