/** Label of the containers of gateways. Its value is the address of a site in a Caddyfile, with `{host}`. */
export const GATEWAY_LABEL = "drydock-gateway";
