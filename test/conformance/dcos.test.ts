import { dcos, labels } from './cases/dcos.ts';
import { conform } from './conform.ts';
import { all, steady } from './stage.ts';

conform('dcos', dcos, {
  prepare: async (stage) => {
    const { fields } = await stage.berth();
    const office = steady('/dcos/office', { ...fields, labels: labels('harbour/office') });
    return all(office, steady('/dcos/web', { labels: labels('web') }))(stage);
  },
});
