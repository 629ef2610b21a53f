import { Code, type Component, type Expression } from "../model.ts";

/** Components after those that they use. */
export function sortComponents(components: Component[]): Component[] {
    const sorted: Component[] = [];
    const visit = (component: Component, path: Component[]) => {
        if (sorted.includes(component) || path.includes(component)) return;
        const uses = new Set([...usesOf(component.args), ...component.dependsOn]);
        for (const other of components) if (uses.has(other.variable)) visit(other, [...path, component]);
        sorted.push(component);
    };
    for (const component of components.filter(({ kind }) => kind === "Volume")) visit(component, []);
    for (const component of components) visit(component, []);
    return sorted;
}

/** Constants of components that a value uses. */
function usesOf(value: Expression | undefined): string[] {
    if (value instanceof Code) return value.uses;
    if (Array.isArray(value)) return value.flatMap(usesOf);
    return typeof value === "object" ? Object.values(value).flatMap(usesOf) : [];
}
