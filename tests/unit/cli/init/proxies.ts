import { parse } from "yaml";
import { COMMAND } from "../../../../testing/index.ts";
import { declare, type Files, type Initialized } from "./initialize.ts";

/** An application with these services in a Compose file. */
export const compose = (services: string): Files => ({
    "compose.yaml": `name: shop\nservices:\n${services}`,
    Dockerfile: "FROM scratch\n",
});

/**
 * An application behind Traefik.
 *
 * @param labels of the application, beside its rule
 * @param options.proxy lines of Traefik's service
 * @param options.others further services
 */
export const traefik = (labels: string, { proxy = "", others = "" } = {}): Files =>
    compose(`
  traefik:
    image: traefik:v3
    ${proxy || 'ports: ["80:80", "443:443"]'}
  web:
    build: .
    command: bin/rails server
    labels:
      traefik.http.routers.web.rule: Host(\`shop.example.com\`)
      ${labels}
${others}`);

/** An application with this text in Kamal's file. */
export const kamal = (text: string, others: Files = {}): Files => ({
    "config/deploy.yml": `service: shop\n${text}`,
    Dockerfile: "FROM scratch\n",
    ...others,
});

/** The routes that the program passes to its gateway. */
export async function routesOf(result: Initialized, values: Record<string, string> = {}): Promise<string> {
    const { declared } = await declare(result, values);
    return declared
        .filter(({ type }) => type === COMMAND)
        .flatMap(({ inputs }) => (inputs.environment as { ROUTES?: string } | undefined)?.ROUTES ?? [])
        .join("");
}

/** The settings in the file of a stack. */
export function valuesOf(result: Initialized, stack: string): Record<string, string> {
    const { config } = parse(result.read(`infra/Pulumi.${stack}.yaml`)) as { config: Record<string, string> };
    return Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("shop:", ""), value]),
    );
}
