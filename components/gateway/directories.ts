/** Directories in the container of a gateway. The command reads them too, without the rest of the library. */

/** Has the routes: on a volume. */
export const ROUTES_DIRECTORY = "/config/drydock";

/** Has a page for each host name of Drydock's whose application is in maintenance. */
export const MAINTENANCE_DIRECTORY = `${ROUTES_DIRECTORY}/maintenance`;

/** Has the assets of applications: a volume. */
export const ASSETS_DIRECTORY = "/assets";
