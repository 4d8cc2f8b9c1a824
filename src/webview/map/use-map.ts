import { useEffect, useState } from 'preact/hooks';
import type { MapResponse } from '../../protocol/panel.ts';
import type { Client } from '../client.ts';
import { Strip } from './strip.ts';

export interface MapData {
  /** Undefined until something was read. */
  strip: Strip | undefined;
  failure: string | undefined;
}

/** The map of a session, read again when `revision` changes; what was read last stays until then. */
export function useMap(client: Client, session: string, revision: number): MapData {
  const [data, setData] = useState<MapData>({ strip: undefined, failure: undefined });
  useEffect(() => {
    let current = true;
    client.request('mpx/map', {}).then(
      ({ areas }: MapResponse) => current && setData({ strip: new Strip(areas), failure: undefined }),
      (error: Error) => current && setData(({ strip }) => ({ strip, failure: error.message })),
    );
    return () => {
      current = false;
    };
  }, [client, session, revision]);
  return data;
}
