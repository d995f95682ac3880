import { describe, expect, test } from 'vitest';
import { world } from './world.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const web = JSON.stringify({ id: '/web', cmd: 'serve' });

describe('a body', () => {
  test('that is called nothing is JSON', async () => {
    const { http } = await world({ auth: 'none' });
    const answer = await http.inject({ method: 'POST', url: '/v2/apps', headers: { host: 'localhost' }, payload: web });
    expect(answer.statusCode).toBe(201);
  });

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
    'that is called %s is refused where Marathon refused it, with what to send instead',
    async (type) => {
      const { call } = await world();
      const { status, body } = await call('POST', '/v2/apps', { body: web, headers: { 'content-type': type } });
      expect([status, body.message]).toEqual([
        415,
        `A body of '${type}' is not read here; send JSON with 'Content-Type: application/json'.`,
      ]);
    },
  );

  test('that curl calls a form is read where Marathon read it: of a group', async () => {
    const { call } = await world();
    const { status, body } = await call('PUT', '/v2/groups/shop?dryRun=true', {
      body: '{"apps":[{"id":"web","cmd":"serve"}]}',
      headers: FORM,
    });
    expect([status, body.steps[0].actions]).toEqual([200, [{ action: 'StartApplication', app: '/shop/web' }]]);
    expect((await call('PUT', '/service/marathon/v2/groups/shop', { body: '{"scaleBy":', headers: FORM })).body.message).toBe(
      'Invalid JSON',
    );
    expect((await call('POST', '/v2/groupsies', { body: '{}', headers: FORM })).status).toBe(415);
  });

  test('that is empty is none, whatever it is called', async () => {
    const { call, steady } = await world();
    await steady({ id: '/web', cmd: 'serve' });
    expect((await call('POST', '/v2/apps/web/restart', { body: '', headers: FORM })).status).toBe(200);
  });

  test('that a page of another origin calls a form is not read for it', async () => {
    const { call } = await world({ auth: 'none' });
    const headers = { ...FORM, origin: 'https://evil.example' };
    expect((await call('PUT', '/v2/groups/shop', { body: '{"apps":[]}', headers })).status).toBe(403);
  });
});
