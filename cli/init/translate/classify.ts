/** Classifies declared services: a data service, a process of the Rails application, or a command that ends. */
import type { DeclaredService } from "../declared.ts";
import { evaluate } from "../text/template.ts";
import { commandText, imageKey } from "./application.ts";
import { isPostgres, isRedis, knownImage } from "./known-images.ts";
import type { TargetKind } from "./targets.ts";

export function kindOf(service: DeclaredService, known: Record<string, string>): TargetKind {
    const image = service.image ? evaluate(service.image, known) : "";
    if (isPostgresServer(service)) return "postgres";
    if (service.build !== undefined && !/postg|redis/.test(image))
        return service.isApplication ? "application" : "service";
    if (isPostgres(image)) return "postgres";
    if (isRedis(image)) return "redis";
    return "service";
}

/** Whether a service of another image is configured like the official one, and has its data in the same place. */
function isPostgresServer({ env, volumes }: DeclaredService): boolean {
    const isConfigured = ["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_HOST_AUTH_METHOD"].some(
        (name) => env.has(name),
    );
    return isConfigured && volumes.some(({ target }) => /^\/var\/lib\/postgresql(\/|$)/.test(target));
}

const RAILS_COMMAND =
    /\b(rails|puma|sidekiq|bundle|rake|bin\/jobs|thrust|good_job|unicorn|passenger|foreman|rackup|bin\/dev)\b/;
const WEB_COMMAND =
    /\b(rails (s|server)|puma|thrust|unicorn|passenger|bin\/dev|rackup|bin\/server|foreman|falcon|iodine)\b/;

/** Commands that fill a database, and end. */
const SEED_COMMAND = /\bdb:\w+|\b(seed|seeder|migrate|migrations?|setup)$/;

/** How much a service looks like the Rails application. */
export function applicationScore(service: DeclaredService, known: Record<string, string>): number {
    const { env, build, name, image } = service;
    const text = image ? evaluate(image, known) : "";
    if (knownImage(text) !== undefined && build === undefined) return 0;
    const isRails = RAILS_COMMAND.test(commandText(service)) ? 3 : 0;
    const hasRailsVariables = [...env.keys()].some((key) =>
        /^(RAILS_|RACK_ENV|SECRET_KEY_BASE|DATABASE_URL)/.test(key),
    )
        ? 3
        : 0;
    const isHere = build?.context === "." ? 2 : build !== undefined ? 1 : 0;
    const isNamed = /^(web|app|rails|api|backend|server|www)$/.test(name) ? 2 : 0;
    return isRails + hasRailsVariables + isHere + isNamed;
}

export function score(service: DeclaredService, known: Record<string, string>): number {
    return (service.isApplication ? 100 : 0) + applicationScore(service, known);
}

export function webScore(service: DeclaredService): number {
    const isWeb = WEB_COMMAND.test(commandText(service)) ? 4 : 0;
    const hasName = /^(web|app|rails|server|www)$/.test(service.name) ? 3 : 0;
    const hasPorts = service.ports.length > 0 ? 2 : 0;
    const hasDefaultCommand = service.command === undefined && service.entrypoint === undefined ? 1 : 0;
    return isWeb + hasName + hasPorts + hasDefaultCommand;
}

export function isSameImage(
    service: DeclaredService,
    other: DeclaredService,
    known: Record<string, string>,
): boolean {
    if (imageKey(service, known) !== "" && imageKey(service, known) === imageKey(other, known)) return true;
    // One service builds the image, and others only name it.
    const imageOf = ({ image }: DeclaredService) => (image ? evaluate(image, known) : "");
    const image = imageOf(other);
    return image !== "" && imageOf(service) === image;
}

/** A command that ends: it never restarts, and another service waits for its end, or it has a command and no port. */
export function isTask(service: DeclaredService, services: DeclaredService[]): boolean {
    const { name, options, ports, command, entrypoint } = service;
    const isAwaited = services.some(
        ({ dependsOn }) => dependsOn.get(name) === "service_completed_successfully",
    );
    const hasCommand = command !== undefined || entrypoint !== undefined;
    const isSeed = options.restart === "on-failure" && SEED_COMMAND.test(commandText(service));
    return (
        isAwaited ||
        ((options.restart === "no" || isSeed) &&
            hasCommand &&
            ports.length === 0 &&
            !WEB_COMMAND.test(commandText(service)))
    );
}

const ONE_OFF =
    /^((\/bin\/)?(ba)?sh|bundle|irb|pry|sleep infinity|tail -f \/dev\/null|((bundle exec |bin\/)?rails)( (c|console|test.*|spec.*))?|((bundle exec |bin\/)?(rspec|rubocop|guard)\b.*))$/;

/** A shell, a console or tests, which somebody starts by hand. */
export function isOneOff(service: DeclaredService): boolean {
    const text = commandText({ ...service, entrypoint: undefined });
    return service.ports.length === 0 && ONE_OFF.test(text);
}

export function isMigration(service: DeclaredService): boolean {
    const text = commandText(service);
    return /\bdb:(prepare|migrate|setup|schema:load|create)\b/.test(text) && !WEB_COMMAND.test(text);
}
