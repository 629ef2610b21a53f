/** Several containers of the web process or of another process of an application. */
import type { DeclaredReplicas, DeclaredService } from "../declared.ts";
import type { Arguments, ComponentKind } from "../model.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import type { Report } from "../report.ts";

/** The number of containers, if there are several. On a Docker Engine, they cannot publish the same port. */
export function severalReplicas({ replicas, ports }: DeclaredService): DeclaredReplicas | undefined {
    const isSeveral = replicas !== undefined && Number.isInteger(replicas.count) && replicas.count > 1;
    return isSeveral && ports.length === 0 ? replicas : undefined;
}

/** @param note for the table */
export function replicaArguments(
    service: DeclaredService,
    builder: ProgramBuilder,
    report: Report,
    note = "",
): Arguments {
    const replicas = severalReplicas(service);
    if (replicas === undefined) return {};
    const { template, key, place } = replicas;
    report.add({ service: service.name, key, outcome: "taken", argument: "replicas", note, place });
    return { replicas: builder.integer(template) };
}

/**
 * Reports a number of containers that is not an argument.
 *
 * @param kind of the component that the service is, or is a process of; undefined for a migration
 */
export function reportSingle(
    { name, replicas, ports }: DeclaredService,
    kind: ComponentKind | undefined,
    report: Report,
): void {
    if (replicas === undefined || report.has(name, replicas.key)) return;
    const { count, key, place } = replicas;
    const hasReplicas = kind === "WebApp" || kind === "RailsWebApp";
    const reason = !(Number.isInteger(count) && count > 0)
        ? "a component has at least one container. To leave it out, declare it under a condition"
        : !hasReplicas
          ? `a ${kind ?? "migration"} has no \`replicas\``
          : ports.length > 0
            ? "several containers cannot publish the same port. Remove `publish`, set `replicas`, and reach it through a Gateway"
            : "";
    report.add(
        count === 1
            ? { service: name, key, outcome: "changed", note: "is the default", place }
            : { service: name, key, outcome: "left out", note: `it runs once: ${reason}`, place },
    );
}
