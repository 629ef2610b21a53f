import type { Declaration, DeclaredService } from "../declared.ts";
import type { Facts } from "../detect.ts";
import { formatPlace } from "../facts.ts";
import { Code, type Component, type Expression, type Program, type Question, type Stack } from "../model.ts";
import { camelCase, ProgramBuilder } from "../program-builder.ts";
import type { Report } from "../report.ts";
import { WHOLE_FILE } from "../sources/kamal-proxy.ts";
import { evaluate, variablesOf } from "../text/template.ts";
import { shellCommand } from "../text/words.ts";
import {
    type ApplicationFacts,
    type ApplicationGroup,
    translateApplication,
    translateTask,
} from "./application.ts";
import { Adoption, type ComposeProject } from "./adoption.ts";
import { leaveOutSecrets, secretValues } from "./clear-text.ts";
import { isMigration, isTask, kindOf } from "./classify.ts";
import { type DataContext, translatePostgres, translateRedis } from "./data-services.ts";
import { declareGateway, type GatewaySettings } from "./gateway.ts";
import {
    hasNoCommand,
    healthArguments,
    isRailsApplication,
    jobArguments,
    masterKeyArguments,
    migrationArguments,
    storageArguments,
    webPort,
} from "./rails.ts";
import { describeTarget } from "./describe-target.ts";
import { resolveEnvFileConflicts } from "./env-files.ts";
import { findApplication } from "./find-application.ts";
import { findNamedHosts, type NamedHost } from "./named-hosts.ts";
import { componentName, projectName } from "./names.ts";
import { sortComponents } from "./order.ts";
import {
    type DatabaseContext,
    inferServers,
    linkServers,
    markDatabasesOfOthers,
    nameDatabases,
} from "./servers.ts";
import { reportSingle, severalReplicas } from "./replicas.ts";
import { declareSharedVolumes } from "./shared-volumes.ts";
import { type SharedVolumes, translateService } from "./services.ts";
import { secretArguments } from "./secrets.ts";
import { stacksOf } from "./stacks.ts";
import { linkArguments, WAITS, Wirer, type WiringContext } from "./wiring.ts";
import type { Target, TargetKind } from "./targets.ts";

export interface Translation {
    program: Program;
    questions: Question[];
}

/**
 * Translates facts to a program. A pure function of facts and answers: unanswered questions have their default.
 *
 * @param name of the project
 * @param adopts takes over the data of this project of Docker Compose, or of Kamal
 */
export function translate(
    facts: Facts,
    name: string,
    report: Report,
    answers = new Map<string, string>(),
    adopts?: ComposeProject,
): Translation {
    return new Translator(facts, name, report, answers, adopts).translate();
}

class Translator {
    readonly #facts: Facts;
    readonly #report: Report;
    readonly #builder: ProgramBuilder;
    readonly #project: string;
    readonly #declaration: Declaration;
    readonly #targets: Target[] = [];
    readonly #shared: SharedVolumes = new Map();
    readonly #data: DataContext;
    /** Services that are not in the program: bases of others, and those for one-off commands. */
    readonly #bases: DeclaredService[] = [];
    #named: NamedHost[] = [];

    constructor(
        facts: Facts,
        name: string,
        report: Report,
        answers: Map<string, string>,
        adopts: ComposeProject | undefined,
    ) {
        this.#facts = facts;
        this.#report = report;
        this.#builder = new ProgramBuilder(facts.known, answers);
        this.#declaration = facts.kamal?.declaration ??
            facts.compose ?? { file: "", services: [], volumes: new Map() };
        this.#project = projectName(name);
        const protectData = new Code("protectData");
        this.#data = { builder: this.#builder, report, files: facts.files, known: facts.known, protectData };
        const sshUser = facts.kamal?.destinations[0]?.sshUser ?? "root";
        if (adopts !== undefined)
            this.#data.adoption = new Adoption(this.#builder, this.#declaration, adopts, sshUser);
    }

    translate(): Translation {
        const services = [...this.#declaration.services];
        const { group, bases } = findApplication(services, this.#facts, this.#report);
        this.#bases.push(...bases);
        const inApplication = new Set([...bases, ...(group ? [group.web, ...group.processes] : [])]);
        const tasks = [
            ...(group?.tasks ?? []),
            ...services.filter((service) => !inApplication.has(service) && isTask(service, services)),
        ];
        const uniqueTasks = [...new Set(tasks)];
        const migration = uniqueTasks.find((task) => isMigration(task) && group !== undefined);
        const others = services.filter(
            (service) => !inApplication.has(service) && !uniqueTasks.includes(service),
        );
        for (const service of others) this.#addTarget(service, kindOf(service, this.#facts.known));
        for (const task of uniqueTasks) if (task !== migration) this.#addTarget(task, "task");
        const app = group && this.#addTarget(group.web, "application", this.#applicationName(group), group);
        if (group !== undefined) {
            markDatabasesOfOthers(group, this.#databases);
            for (const { service, kind } of inferServers(group, this.#databases))
                this.#addTarget(service, kind);
        }
        const context = { facts: this.#facts, targets: this.#targets, data: this.#data };
        const shared = declareSharedVolumes({ ...(group && { group }), others, tasks: uniqueTasks }, context);
        for (const [volume, constant] of shared) this.#shared.set(volume, constant);
        this.#leaveOutSecrets(services, migration);
        this.#named = findNamedHosts(this.#targets, this.#facts.files, this.#facts.known);
        if (group !== undefined && app !== undefined)
            this.#declareApplication(app, group, migration, uniqueTasks);
        for (const target of this.#targets.filter(({ kind }) => kind === "service"))
            this.#declareService(target);
        for (const target of this.#targets.filter(({ kind }) => kind === "task"))
            this.#declareTask(target, app, group);
        for (const target of this.#targets) this.#declareData(target);
        const processes = group?.processes.map(({ name }) => name) ?? [];
        const gateway =
            this.#declaration.gateway &&
            declareGateway(this.#declaration.gateway, {
                project: this.#project,
                builder: this.#builder,
                report: this.#report,
                targets: this.#targets,
                processes,
                declaredSecrets: this.#facts.secrets.map((secret) => secret.name),
                isForServers: this.#facts.kamal !== undefined,
            });
        if (app !== undefined) this.#removeEmptyUrl(app);
        this.#reportReplicas(group);
        this.#reportKeys();
        return this.#finish(gateway);
    }

    get #databases(): DatabaseContext {
        return {
            facts: this.#facts,
            project: this.#project,
            targets: this.#targets,
            report: this.#report,
        };
    }

    #addTarget(
        declared: DeclaredService,
        kind: TargetKind,
        name = declared.name,
        group?: ApplicationGroup,
    ): Target {
        const target: Target = {
            ...describeTarget(declared, kind, { declaration: this.#declaration, known: this.#facts.known }),
            name,
            variable: this.#builder.identifier(name, kind === "application" ? "App" : "Service"),
        };
        if (kind === "application")
            for (const { hostNames, linkAliases } of group?.processes ?? []) {
                target.declared.hostNames.push(...hostNames);
                for (const [alias, name] of linkAliases) target.declared.linkAliases.set(alias, name);
            }
        this.#targets.push(target);
        return target;
    }

    #applicationName({ web }: ApplicationGroup): string {
        return this.#facts.kamal?.service && this.#facts.kamal.service !== ""
            ? componentName(this.#facts.kamal.service)
            : web.name;
    }

    #leaveOutSecrets(services: DeclaredService[], migration: DeclaredService | undefined): void {
        const values = secretValues(services, this.#facts.known);
        for (const service of services) {
            if (this.#bases.includes(service) || service === migration) continue;
            const target = this.#targets.find(({ declared }) => declared === service);
            const isData = target?.kind === "postgres" || target?.kind === "redis";
            leaveOutSecrets(service, isData, this.#facts.known, values, this.#builder, this.#report);
        }
    }

    #wiring(keepsUrl = false): WiringContext {
        return {
            builder: this.#builder,
            report: this.#report,
            targets: this.#targets,
            known: this.#facts.known,
            keepsUrl,
        };
    }

    #declareApplication(
        target: Target,
        group: ApplicationGroup,
        migration: DeclaredService | undefined,
        tasks: DeclaredService[],
    ): void {
        const { kamal, rails } = this.#facts;
        const isRails = isRailsApplication(this.#facts);
        const { web, processes } = group;
        const port = webPort(this.#facts, web);
        target.port = port;
        const jobs = isRails
            ? jobArguments(this.#facts, group, this.#builder, this.#report)
            : { env: {}, processes: {} };
        const storage = isRails
            ? storageArguments(this.#facts, web, this.#data.protectData, this.#report)
            : {};
        const appFacts: ApplicationFacts = {
            isRails,
            port,
            isPortDeclared: kamal?.proxy.port !== undefined,
            env: { ...jobs.env, ...(storage.env as Record<string, Expression> | undefined) },
            processes: jobs.processes,
            args: {
                ...(isRails && { ...migrationArguments(this.#facts, migration, this.#builder) }),
                ...(isRails && healthArguments(this.#facts, web, this.#report)),
                ...(storage.storage !== undefined && { storage: storage.storage }),
                ...(isRails && masterKeyArguments(this.#facts, group, this.#builder)),
            },
            sourcePaths: [web.build?.context ?? "."],
        };
        const wirer = new Wirer(target, this.#wiring(kamal !== undefined));
        const published = severalReplicas(web) ? undefined : this.#publishedPort(web, port);
        nameDatabases(this.#databases);
        if (kamal === undefined)
            wirer.wiring.secrets.push(
                ...this.#facts.secrets.flatMap(({ name, isIntermediate }) => (isIntermediate ? [] : [name])),
            );
        const args = translateApplication(
            { ...group, processes },
            appFacts,
            wirer,
            this.#data,
            this.#shared,
            published,
        );
        linkServers(target, wirer, group, this.#databases);
        const links = linkArguments(wirer.wiring.links, isRails);
        resolveEnvFileConflicts(web, args, wirer, this.#data);
        if (migration !== undefined)
            this.#report.add({
                service: migration.name,
                key: "command",
                outcome: "taken",
                argument: "migration",
                place: migration.keys.get("command") ?? migration.place,
            });
        const webCommand = this.#webCommand(web);
        const waitsFor = tasks.filter((task) => task !== migration && this.#waitsFor(group, task));
        const component: Component = {
            kind: isRails ? "RailsWebApp" : "WebApp",
            name: componentName(target.name),
            variable: target.variable,
            args: {
                ...args,
                ...links,
                ...(webCommand && args.command === undefined && { command: webCommand }),
            },
            dependsOn: waitsFor.flatMap(
                (task) => this.#targets.find(({ declared }) => declared === task)?.variable ?? [],
            ),
        };
        if (rails.forcesSsl)
            this.#report.note(
                `${formatPlace(rails.forcesSsl)}: the application redirects to https. ${this.#declaration.gateway?.tls ? "The stack dev has no TLS: there" : "Until a proxy with TLS is in front"}, set \`config.assume_ssl = true\``,
            );
        this.#builder.component(component);
        this.#builder.outputs.push({
            name: "url",
            value: new Code(`${target.variable}.url`, [target.variable]),
        });
        for (const name of web.dependsOn.keys()) {
            const isDone = this.#report.has(web.name, `depends_on.${name}`);
            if (!isDone)
                this.#report.add({
                    service: web.name,
                    key: `depends_on.${name}`,
                    outcome: "taken",
                    note: "it starts once the services that it links to are healthy",
                    place: web.keys.get("depends_on"),
                });
        }
    }

    #waitsFor({ web, processes }: ApplicationGroup, task: DeclaredService): boolean {
        return [web, ...processes].some(({ dependsOn }) => dependsOn.has(task.name));
    }

    /** The command of the Procfile, if the image has none. */
    #webCommand(web: DeclaredService): Expression | undefined {
        const line = this.#facts.procfile.find(({ name }) => name === "web");
        return line && hasNoCommand(this.#facts, web) ? shellCommand(line.command) : undefined;
    }

    #publishedPort(web: DeclaredService, port: number): Expression {
        const declared = web.ports.find(
            ({ container, protocol }) => container === port && protocol === "tcp",
        );
        const value =
            declared?.published === undefined
                ? 3000
                : Number(evaluate(declared.published, this.#facts.known));
        const description = "Port of the application on 127.0.0.1; 0 to have one chosen";
        const { published = [] } = declared ?? {};
        if (published.some((part) => typeof part !== "string"))
            return this.#builder.integer(published, description);
        const initial = Number.isInteger(value) && value > 0 ? value : 3000;
        // Another service has its port in the variable PORT.
        const isTaken = this.#targets.some(({ declared: other }) =>
            other.ports.some(({ published = [] }) =>
                variablesOf(published).some(({ variable }) => camelCase(variable) === "port"),
            ),
        );
        const name = isTaken ? `${camelCase(web.name)}Port` : "port";
        return this.#builder.setting(name, "integer", description, initial);
    }

    #declareService(target: Target): void {
        const wirer = new Wirer(target, this.#wiring());
        const args = translateService(target, wirer, this.#data, this.#shared);
        this.#linkDependencies(target, wirer);
        for (const { target: other, host, where } of this.#named.filter(({ by }) => by === target))
            wirer.linkTo(other, target.declared.place, false, `${where} names ${host}`);
        resolveEnvFileConflicts(target.declared, args, wirer, this.#data);
        this.#builder.component({
            kind: "Service",
            name: componentName(target.name),
            variable: target.variable,
            args: { ...args, ...linkArguments(wirer.wiring.links, false) },
            dependsOn: this.#dependsOn(target),
        });
    }

    #linkDependencies(target: Target, wirer: Wirer): void {
        for (const name of target.declared.dependsOn.keys()) {
            const other = this.#targets.find(
                ({ declared }) => declared.name === name || declared.hostNames.includes(name),
            );
            if (other === undefined) {
                this.#report.add({
                    service: target.declared.name,
                    key: `depends_on.${name}`,
                    outcome: "changed",
                    note: "is not a service of the program",
                    place: target.declared.keys.get("depends_on"),
                });
                continue;
            }
            const place = target.declared.keys.get("depends_on") ?? target.declared.place;
            wirer.linkTo(other, place, true);
            if (!this.#report.has(target.declared.name, `depends_on.${name}`))
                this.#report.add({
                    service: target.declared.name,
                    key: `depends_on.${name}`,
                    outcome: "taken",
                    note: WAITS,
                    place,
                });
        }
    }

    /** Components to wait for that no link waits for. */
    #dependsOn(target: Target): string[] {
        return [...target.declared.dependsOn.keys()].flatMap((name) => {
            const other = this.#targets.find(({ declared }) => declared.name === name);
            const isLinked = other !== undefined && target.linksTo.has(other);
            return other === undefined || isLinked || other === target || other.kind === "application"
                ? []
                : [other.variable];
        });
    }

    #declareTask(target: Target, app: Target | undefined, group: ApplicationGroup | undefined): void {
        const { declared } = target;
        const isBefore = group !== undefined && this.#waitsFor(group, declared);
        const wirer = new Wirer(target, this.#wiring());
        const ofApp = group?.tasks.includes(declared) && app ? { variable: app.variable, group } : undefined;
        const args = translateTask(declared, ofApp, isBefore, wirer, this.#data, this.#shared);
        this.#linkDependencies(target, wirer);
        resolveEnvFileConflicts(declared, args, wirer, this.#data);
        for (const [key, place] of declared.keys)
            if (key === "restart")
                this.#report.replace({
                    service: declared.name,
                    key,
                    outcome: "taken",
                    argument: "Task",
                    note: "a command that runs once",
                    place,
                });
        this.#builder.component({
            kind: "Task",
            name: componentName(target.name),
            variable: target.variable,
            args: { ...args, ...linkArguments(wirer.wiring.links, false) },
            dependsOn: this.#dependsOn(target),
        });
    }

    #declareData(target: Target): void {
        const { kind, name, variable } = target;
        if (kind !== "postgres" && kind !== "redis") return;
        // The defaults of the image.
        if (kind === "postgres") target.database ??= target.username ??= "postgres";
        if (kind === "postgres") target.username ??= "postgres";
        const args =
            kind === "postgres" ? translatePostgres(target, this.#data) : translateRedis(target, this.#data);
        this.#builder.component({
            kind: kind === "postgres" ? "PostgresService" : "RedisService",
            name: componentName(name),
            variable,
            args,
            dependsOn: [],
        });
    }

    /** An application that neither publishes a port nor has a gateway has no URL. */
    #removeEmptyUrl({ variable }: Target): void {
        const { components, outputs } = this.#builder;
        const component = components.find((own) => own.variable === variable);
        const index = outputs.findIndex(({ value }) => value.text === `${variable}.url`);
        if (component?.args.publish === undefined && index >= 0) outputs.splice(index, 1);
    }

    #reportReplicas(group: ApplicationGroup | undefined): void {
        for (const service of this.#declaration.services) {
            if (this.#bases.includes(service)) continue;
            const own = group?.processes.includes(service) ? group.web : service;
            const target = this.#targets.find(({ declared }) => declared === own);
            const component = this.#builder.components.find(({ variable }) => variable === target?.variable);
            reportSingle(service, component?.kind, this.#report);
        }
    }

    /** Every key of every service has a row. */
    #reportKeys(): void {
        const services = this.#declaration.services.filter((service) => !this.#bases.includes(service));
        const migrations = services.filter(
            (service) => !this.#targets.some(({ declared }) => declared === service),
        );
        for (const { name, keys } of services)
            for (const [key, place] of keys) {
                const rows = this.#report.rows.filter(
                    (row) => row.service === name && (row.key === key || row.key.startsWith(`${key}.`)),
                );
                if (rows.length > 0) continue;
                const isMigration = migrations.some((service) => service.name === name);
                const note = isMigration
                    ? "the application's"
                    : key === "depends_on"
                      ? WAITS
                      : "empty, or the default";
                this.#report.add({ service: name, key, outcome: "changed", note, place });
            }
    }

    /** Declares a database to start with, if the directory has no application. */
    #declareFirstDatabase(): void {
        this.#builder.component({
            kind: "PostgresService",
            name: "db",
            variable: this.#builder.identifier("db", "Service"),
            args: { version: "17", protectData: this.#data.protectData },
            dependsOn: [],
        });
        this.#builder.outputs.push({ name: "address", value: new Code("db.address", ["db"]) });
        this.#report.note(
            "There is no application yet, so the program only has a Postgres. Run init again after `rails new`",
        );
    }

    #finish(gateway: GatewaySettings | undefined): Translation {
        const { kamal } = this.#facts;
        if (this.#builder.components.length === 0) this.#declareFirstDatabase();
        const usesProtection = JSON.stringify(this.#builder.components.map(({ args }) => args)).includes(
            '"protectData"',
        );
        if (usesProtection)
            this.#builder.setting(
                "protectData",
                "boolean",
                "Refuses every update that would delete data",
                true,
            );
        for (const target of this.#targets.filter(({ kind }) => kind === "application"))
            this.#openNetwork(target);
        secretArguments(this.#facts, this.#builder, this.#report);
        for (const { key, code, place } of kamal?.hidden ?? [])
            this.#report.add({
                service: WHOLE_FILE,
                key,
                outcome: "left out",
                note: `is computed in ERB, which is not run: \`${code}\``,
                place,
            });
        if (kamal !== undefined && gateway === undefined && kamal.destinations.length > 0)
            this.#report.note(
                "config/deploy.yml has no host name, so there is no Gateway: the application answers only on 127.0.0.1 of its server. Add a Gateway, or set `ip` of `publish`",
            );
        const stacks: Stack[] = stacksOf(
            this.#facts,
            this.#project,
            this.#builder,
            this.#report,
            usesProtection,
            gateway,
        );
        const deployed = stacks.filter(({ isDevelopment }) => !isDevelopment);
        // The data is where Kamal deploys, or on this machine.
        for (const stack of deployed.length > 0 ? deployed : stacks)
            Object.assign(stack.values, this.#data.adoption?.values);
        return {
            program: {
                name: this.#project,
                settings: this.#builder.settings,
                components: sortComponents(this.#builder.components),
                secrets: this.#builder.secrets,
                stacks,
                adoptedVolumes: deployed.length > 0 ? {} : (this.#data.adoption?.volumes ?? {}),
                outputs: this.#builder.outputs,
            },
            questions: this.#builder.questions,
        };
    }

    /** Gives an application that others link to an alias, and with it a network of its own. */
    #openNetwork(target: Target): void {
        const isLinked = target.isRouted === true || this.#targets.some(({ linksTo }) => linksTo.has(target));
        const component = this.#builder.components.find(({ variable }) => variable === target.variable);
        if (!isLinked || component === undefined) return;
        const names = target.declared.hostNames.filter(
            (host) => host !== component.name && /^[a-z][\w-]*$/i.test(host),
        );
        component.args.aliases =
            names.length > 0 ? [...new Set(names)] : [component.name === "app" ? "web" : "app"];
    }
}
