import { BACKEND } from "../../project.ts";
import { checkBackend } from "../backends.ts";
import type { Facts } from "../detect.ts";
import { formatPlace } from "../facts.ts";
import { PACKAGE_NAME } from "../../package-name.ts";
import type { Question, Stack } from "../model.ts";
import { camelCase, type ProgramBuilder } from "../program-builder.ts";
import type { Report } from "../report.ts";
import type { DestinationFacts } from "../sources/kamal.ts";
import { readStackConfig, stackConfigFile } from "../stack-config.ts";
import { evaluate } from "../text/template.ts";
import type { GatewaySettings } from "./gateway.ts";
import { showsLogin } from "./clear-text.ts";

/** Setting of a stack with the address of its Docker Engine. */
const ENGINE = "docker:host";

/** The developer's stack, and one for each destination of Kamal. */
export function stacksOf(
    { files, kamal, known }: Facts,
    project: string,
    builder: ProgramBuilder,
    report: Report,
    protectsData: boolean,
    gateway?: GatewaySettings,
): Stack[] {
    const development: Stack = {
        name: "dev",
        isDevelopment: true,
        values: { ...knownSettings(known, builder), ...(protectsData && { protectData: false }) },
    };
    const others = (kamal?.destinations ?? []).map((destination) =>
        stackOf(destination, readStackConfig(files, destination.name), { project, gateway }, builder, report),
    );
    return [development, ...others];
}

/** Settings for which `.env` has values on this machine. */
function knownSettings(known: Record<string, string>, builder: ProgramBuilder): Stack["values"] {
    const entries = Object.entries(known).flatMap(([variable, value]) => {
        const setting = builder.settings.find(({ name }) => name === camelCase(variable));
        return setting === undefined || String(setting.default) === value
            ? []
            : [[setting.name, value] as const];
    });
    return Object.fromEntries(entries);
}

/** @param present the configuration that the stack has already */
function stackOf(
    destination: DestinationFacts,
    present: Record<string, unknown>,
    { project, gateway }: { project: string; gateway?: GatewaySettings },
    builder: ProgramBuilder,
    report: Report,
): Stack {
    const { name, host, hidden, otherHosts, sshUser, sshPort, env, file, place } = destination;
    const settings = stackConfigFile(name);
    const engineOn = (machine: string) =>
        machine.includes("://")
            ? machine
            : `ssh://${sshUser}@${machine}${sshPort === undefined ? "" : `:${sshPort}`}`;
    const decide = (key: string, question: Question) => {
        const own = present[key];
        return typeof own === "string" && own !== "" ? own : builder.decide(question);
    };
    const address =
        host ??
        decide(ENGINE, {
            id: `host of ${name}`,
            message:
                hidden === undefined
                    ? `On which host does the stack ${name} run? (${file} has a placeholder)`
                    : `On which host does the stack ${name} run? (${formatPlace(place)} computes it by <%= ${hidden} %>, which is not run)`,
            remedy: `write \`${ENGINE}: ${engineOn("<host>")}\` under \`config\` in ${settings}`,
        });
    const backend = decide(BACKEND, {
        id: `backend of ${name}`,
        message: `Where is the state of the stack ${name} kept? (s3://bucket, https://api.pulumi.com, or another backend URL)`,
        check: checkBackend,
        remedy: `write \`${BACKEND}: <URL>\` under \`config\` in ${settings}`,
    });
    const engine = present[ENGINE] ?? (address && engineOn(address));
    if (otherHosts.length > 0)
        report.note(
            `${file}: ${name} has ${otherHosts.length + 1} hosts, but a Docker Engine is one machine: the stack runs on ${address ?? "the first"}. For several machines, use a Swarm`,
        );
    if (hidden !== undefined)
        report.add({
            service: file.replace("config/", ""),
            key: "servers",
            outcome: "changed",
            argument: "docker:host",
            note: "the host is computed in ERB, which `init` does not run: it asks for the host instead",
            place,
        });
    const overrides: Stack["values"] = {};
    for (const [variable, { template, place: at }] of env) {
        const named = builder.settings.find((other) => other.name === camelCase(variable));
        const hasSecret = showsLogin(template, {});
        const setting = hasSecret ? undefined : named;
        const row = { service: file.replace("config/", ""), key: `env.clear.${variable}`, place: at };
        const own = report.rows.find(
            ({ key, outcome }) => key === `environment.${variable}` && outcome === "taken",
        );
        if (setting === undefined && !hasSecret && own !== undefined) {
            report.add({ ...row, outcome: "taken", argument: own.argument ?? "", note: "for every stack" });
            continue;
        }
        report.add({
            ...row,
            outcome: setting ? "taken" : "left out",
            argument: setting ? `setting ${setting.name}` : "",
            note: setting
                ? ""
                : hasSecret
                  ? `has a login: make it a secret of the program, and set it with \`npx ${PACKAGE_NAME} secrets set ${variable} --stack ${name}\``
                  : `make it a setting of the program, with a value in Pulumi.${name}.yaml`,
        });
        if (setting) overrides[setting.name] = evaluate(template);
    }
    const hosts = (gateway?.questionsOf(name) ?? []).map(({ setting, question }) => {
        const key = `${project}:${setting}`;
        const answer = decide(key, {
            ...question,
            id: `${setting} of ${name}`,
            remedy: `write \`${key}: <host name>\` under \`config\` in ${settings}`,
        });
        return [setting, answer] as const;
    });
    return {
        name,
        isDevelopment: false,
        values: {
            ...(typeof engine === "string" && engine !== "" && { [ENGINE]: engine }),
            ...(backend !== undefined && { [BACKEND]: backend }),
            ...keepExistingValues(gateway?.valuesOf(name) ?? {}, project, present),
            ...Object.fromEntries(
                hosts.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
            ),
            ...overrides,
        },
    };
}

/** Values of the stack. Those that it already has are kept. */
function keepExistingValues(
    values: Stack["values"],
    project: string,
    present: Record<string, unknown>,
): Stack["values"] {
    return Object.fromEntries(
        Object.entries(values).map(([setting, value]) => {
            const own = present[`${project}:${setting}`];
            const isPlain = ["string", "number", "boolean"].includes(typeof own);
            return [setting, isPlain ? String(own) : value];
        }),
    );
}
