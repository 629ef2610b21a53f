import { type DeclaredService, emptyService } from "../declared.ts";
import type { Facts } from "../detect.ts";
import type { Report } from "../report.ts";
import type { KamalFacts } from "../sources/kamal.ts";
import { evaluate, isSameTemplate, type Template } from "../text/template.ts";
import type { ApplicationGroup } from "./application.ts";
import { applicationScore, isOneOff, isSameImage, isTask, kindOf, score, webScore } from "./classify.ts";

/**
 * The services that are the Rails application: one image, with its web server and other processes.
 *
 * @returns the application, and services that are not in the program: bases of others, and those for one-off commands
 */
export function findApplication(
    all: DeclaredService[],
    facts: Facts,
    report: Report,
): { group?: ApplicationGroup; bases: DeclaredService[] } {
    const bases: DeclaredService[] = [];
    const interactive = all.filter((service) => isOneOff(service));
    const services = all.filter((service) => !interactive.includes(service));
    for (const { name, place } of interactive)
        report.replaceAll(name, {
            service: name,
            key: "(the service)",
            outcome: "changed",
            note: "is for one-off commands: `drydock run`, `drydock console` and `drydock shell`",
            place,
        });
    bases.push(...interactive);
    const { known } = facts;
    const candidates = services.filter(
        (service) =>
            service.isApplication ||
            (applicationScore(service, known) > 0 && kindOf(service, known) === "service"),
    );
    if (facts.kamal) overrideByDestination(facts.kamal, services);
    const best = [...candidates].sort((a, b) => score(b, known) - score(a, known))[0];
    if (best === undefined) {
        const { gems, files } = facts;
        const isApplication =
            gems.versions.size > 0 ||
            facts.secrets.length > 0 ||
            files.read("Gemfile") !== undefined ||
            files.kindOf("config/application.rb") !== undefined ||
            facts.databases.length > 0 ||
            facts.procfile.length > 0 ||
            (services.length === 0 && facts.dockerfile !== undefined);
        if (!isApplication) return { bases };
        return { group: { web: ownApplication(facts), processes: [], tasks: [] }, bases };
    }
    const members = services.filter((service) => isSameImage(service, best, known));
    const tasks = members.filter((service) => isTask(service, services));
    const running = members.filter((service) => !tasks.includes(service));
    const [web] = [...running].sort((a, b) => webScore(b) - webScore(a));
    if (web === undefined) return { bases };
    const others = running.filter((service) => service !== web);
    const processes = others.filter(
        ({ command, entrypoint }) => command !== undefined || entrypoint !== undefined,
    );
    for (const { name, place } of others.filter((service) => !processes.includes(service)))
        report.replaceAll(name, {
            service: name,
            key: "(the service)",
            outcome: "changed",
            note: `has no command of its own, so \`init\` treats it as the base of other services`,
            place,
        });
    bases.push(...others.filter((service) => !processes.includes(service)));
    return { group: { web, processes, tasks }, bases };
}

/** The application in this directory, which no file declares. */
function ownApplication({ dockerfile }: Facts): DeclaredService {
    const place = { file: dockerfile?.file ?? "Gemfile.lock" };
    return {
        ...emptyService("web", place),
        isApplication: true,
        build: { context: ".", args: new Map(), place },
    };
}

/** Whether a value contains the host name of a service. */
function names(template: Template, services: DeclaredService[]): boolean {
    const text = evaluate(template);
    return services
        .flatMap(({ hostNames }) => hostNames)
        .some((host) => new RegExp(String.raw`(^|[/@,])${host}(?=:\d|/|,|$)`).test(text));
}

/** A variable that a destination of Kamal sets is a setting, with the value of deploy.yml as its default. */
function overrideByDestination({ destinations }: KamalFacts, services: DeclaredService[]): void {
    const application = services.filter(({ isApplication }) => isApplication);
    for (const { env, secrets } of destinations) {
        for (const [name, { template, place }] of env)
            for (const service of application) {
                const own = service.env.get(name)?.template;
                const isSame = destinations.every((other) =>
                    isSameTemplate(other.env.get(name)?.template ?? template, template),
                );
                if (own === undefined && isSame && names(template, services)) {
                    // The host name is that of a component, on every stack.
                    service.env.set(name, { template, place });
                    continue;
                }
                if (own !== undefined && isSame && isSameTemplate(own, template)) continue;
                // A variable of one destination is missing on the others. Rails would treat an empty RAILS_ENV as development.
                const base = own ?? (name === "RAILS_ENV" ? ["production"] : []);
                if (base.some((part) => typeof part !== "string")) continue;
                service.env.set(name, {
                    template: [{ variable: name, operator: "-", argument: base }],
                    place,
                    ...(base.length === 0 && { isOptional: true }),
                });
            }
        for (const [name, value] of secrets)
            for (const service of application)
                if (!service.env.has(name))
                    service.env.set(name, {
                        ...value,
                        isOptional: destinations.some((other) => !other.secrets.has(name)),
                    });
    }
}
