// Endpoints that were there a moment ago. The server forgets an endpoint when it goes; who watches wants to see that it went.
import type { Endpoint, Service } from './contract';

export const GONE_MILLIS = 60_000;

export interface SeenEndpoint extends Endpoint {
  /** When it was missed first, by the time of the documents; undefined while it is there. */
  goneAt?: number;
}

export interface SeenService {
  name: string;
  endpointCount: number;
  endpoints: SeenEndpoint[];
}

const key = (endpoint: Endpoint): string => `${endpoint.cell}\0${endpoint.address}`;

/** What is there now, and what was there until at most a minute ago. */
export function follow(before: readonly SeenService[], now: readonly Service[], at: number): SeenService[] {
  const services = new Map<string, SeenService>();
  for (const service of now) {
    // Two sessions may vouch for one place: it is shown once.
    const endpoints = [...new Map(service.endpoints.map((endpoint) => [key(endpoint), endpoint])).values()];
    services.set(service.name, { ...service, endpoints });
  }
  for (const old of before) {
    const service = services.get(old.name) ?? { name: old.name, endpointCount: 0, endpoints: [] };
    const there = new Set(service.endpoints.map(key));
    // What the server left out for length is not gone.
    const cut = now.some((one) => one.name === old.name && one.endpointCount > one.endpoints.length);
    const gone = old.endpoints
      .filter((endpoint) => !there.has(key(endpoint)) && !cut)
      .map((endpoint) => ({ ...endpoint, goneAt: endpoint.goneAt ?? at }))
      .filter((endpoint) => at - endpoint.goneAt < GONE_MILLIS);
    if (gone.length === 0) continue;
    services.set(old.name, { ...service, endpoints: [...service.endpoints, ...gone] });
  }
  return [...services.values()]
    .map((service) => ({
      ...service,
      endpoints: service.endpoints.sort(
        (a, b) => a.cell.localeCompare(b.cell) || a.address.localeCompare(b.address, 'en', { numeric: true }),
      ),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
