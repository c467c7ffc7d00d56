import{a as A}from"./chunk-7KWKPRJ3.js";import{a as C}from"./chunk-V74R4PZ6.js";import"./chunk-OYJLUT6D.js";import{b as S,c as E}from"./chunk-QLZ46DTY.js";import"./chunk-A5KFDUZV.js";import{b as d}from"./chunk-HZVHJNCT.js";import{a as T}from"./chunk-LSKVQWEN.js";import{a as x}from"./chunk-QCITNMUN.js";import{e as w}from"./chunk-IIW3BLOX.js";import{d as u}from"./chunk-5HTXFBE2.js";import{D as $,E as _,a as s,m as l}from"./chunk-DYZXLK2B.js";import{d as y,h as N}from"./chunk-NIKDHXBC.js";import{i as p}from"./chunk-37NB6NY5.js";import{k,l as a}from"./chunk-QNZ3L47H.js";var F={unreported_block:["block on chain that the node does not report","blocks on chain that the node does not report"],unknown_block:["block that the node alone knows","blocks that the node alone knows"],foreign_block:["block of another validator claimed","blocks of other validators claimed"],unreported_guarantee:["guarantee on chain that the node does not report","guarantees on chain that the node does not report"],unknown_guarantee:["guarantee that the node alone knows","guarantees that the node alone knows"],unreported_assurance:["assurance on chain that the node does not report","assurances on chain that the node does not report"],unknown_assurance:["assurance that no other node received","assurances that no other node received"],missing_assurance:["assurance missing on chain","assurances missing on chain"],outline_differs:["block reported with other numbers than on chain","blocks reported with other numbers than on chain"],gas_differs:["block reported with other gas than on chain","blocks reported with other gas than on chain"]};function f({kind:n,count:e}){let[t,i]=F[n]??[n.replaceAll("_"," "),n.replaceAll("_"," ")];return`${s(e)} ${e===1?t:i}`}function j({expected:n,probability:e}){return e===null?"exact":`${s(n,2)} by chance, p ${e<.001?"below 0.001":s(e,3)}`}function I({subject:n,claimed:e,on_chain:t}){if(n===null)return"";let i=n.replaceAll("_"," ");return e===null&&t===null?i:`${i}: ${s(e)} reported, ${s(t)} on chain`}function M({chain:n,epochs:e,total_findings:t,findings:i}){let o=l(n.compared,"block");if(!n.compared)return{state:"idle",text:`No final block with statistics in this range yet; ${l(n.pending,"block")} younger or not final.`};if(t){let c=new Set(i.map(({node_id:R})=>R)).size;return{state:"warn",text:`${l(t,"finding")} about ${l(c,"node")} on ${o}.`}}let r=Math.max(0,...e.map(({matched:c})=>c));return r?{state:"ok",text:`${l(r,"validator")}: telemetry and chain agree on ${o}.`}:{state:"idle",text:`${o} compared, and no node could be matched with a validator.`}}function V({pending:n,without_statistics:e,irregular:t,forks:i,complete:o}){return[n&&`${l(n,"block")} not final or younger than a minute`,e&&`${l(e,"block")} whose statistics no endpoint had`,t&&`${l(t,"block")} with statistics that do not follow the specification`,i&&`${l(i,"block")} on forks`,!o&&"some final blocks of the range are not known"].filter(Boolean)}var K={disconnected:"was not connected all the time",silent:"was silent for a minute",dropped:"dropped events",undecodable:"sent events that cannot be decoded",shards:"a shard did not answer"};function v({complete:n,incomplete_reason:e,node_id:t}){return t===null?"no node known":n?"complete":`incomplete: ${K[e??""]??"something is missing"}`}function h({claimed:n,on_chain:e,difference:t}){return n===null?`\u2014 / ${s(e)}`:t===0?s(e):`${s(n)} / ${s(e)}`}function g({blocks:n,guarantees:e,assurances:t,tickets:i,preimages:o}){return[n,e,t,i,o].reduce((r,{difference:c})=>r+Math.abs(c??0),0)}var O=1e3,z=["blocks","guarantees","assurances","tickets","preimages"],W={blocks:"its blocks",guarantees:"its guarantees",other_epoch:"its index in another epoch"};function G(){return a`<${C} tab="chain/reconcile" title="Reconcile" question="Did the nodes do what they say, and say what they did?">
    ${()=>a`<${H} />`}
  <//>`}function H(){let n=A(),e=[JSON.stringify(y.value)],t=T("the comparison with the chain",i=>x.chainReconcile({...N(),limit:O},{signal:i}),{every:3e4,deps:e});return a`<${w} answer=${t} lines=${10}>
    ${i=>a`<div class="cards">
      <${q} data=${i} />
      ${i.findings.length>0&&a`<${B} data=${i} names=${n} />`}
      ${i.validators.length>0&&a`<${P} data=${i} names=${n} />
        <${J} data=${i} names=${n} />
        <${U} data=${i} />
        <${Q} data=${i} />
        <${X} data=${i} />`}
    </div>`}
  <//>`}function q({data:n}){let{state:e,text:t}=M(n),i=V(n.chain);return a`<${d} title="Telemetry and chain" note=${`slots ${s(n.chain.first_slot)} to ${s(n.chain.last_slot)}`}>
    <p class="reconcile-verdict" data-verdict=${e}><b><${$} state=${e} hideWord word=${e==="warn"?"findings":void 0} /> ${t}</b></p>
    ${i.length>0&&a`<p class="muted">Not compared: ${i.join("; ")}.</p>`}
    ${n.unexamined>0&&a`<p class="muted">${l(n.unexamined,"claim")} were too many to search for witnesses of.</p>`}
  <//>`}function m({id:n,names:e}){return n===null?a`<span class="muted" title="No node is known to be this validator">${"\u2014"}</span>`:a`<${S} node=${e.get(n)??{node_id:n}} />`}function B({data:n,names:e}){return a`<${d}
    title="Findings"
    note=${n.findings.length<n.total_findings?`${s(n.findings.length)} of ${s(n.total_findings)}; differences that nothing but the node explains`:"differences that nothing but the node explains"}
    flush
  >
    <${u}
      caption="Findings"
      rows=${n.findings}
      rowKey=${t=>`${t.kind} ${t.node_id} ${t.epoch}`}
      sort="-count"
      sortParameter="findings"
      csv="reconcile-findings"
      height=${420}
      columns=${[{id:"node",title:"Node",value:t=>t.node_id,cell:t=>a`<${m} id=${t.node_id} names=${e} />`,rank:1},{id:"kind",title:"Finding",value:t=>t.kind,cell:t=>a`<${$} state="warn" word=${f(t)} />`,rank:2},{id:"count",title:"Cases",end:!0,value:t=>t.count,cell:t=>s(t.count)},{id:"epoch",title:"Epoch",end:!0,value:t=>t.epoch,cell:t=>s(t.epoch)},{id:"validator",title:"Validator",end:!0,value:t=>t.validator,cell:t=>t.validator===null?"\u2014":`#${s(t.validator)}`},{id:"sure",title:"How sure",value:j},{id:"examples",title:"Example",value:t=>t.examples.map(i=>i.hash).join(" "),cell:t=>a`<${L} examples=${t.examples} />`,rank:3}]}
    />
  <//>`}function L({examples:n}){return a`<span class="nowrap">
    ${n.slice(0,1).map(e=>a`<span key=${`${e.hash} ${e.subject}`} title=${I(e)}>
        ${e.slot===null?a`<${E} value=${e.hash} path=${`events?hash=${e.hash}`} />`:a`<a href=${p(`slots/${e.slot}`)}>slot ${s(e.slot)}</a>`}
${" "}<a class="muted" href=${p("events",{hash:e.hash})}>events</a>${"  "}
      </span>`)}
  </span>`}function P({data:n,names:e}){let t=k(()=>[{id:"validator",title:"Validator",value:o=>o.validator,cell:o=>`#${s(o.validator)}`},{id:"epoch",title:"Epoch",end:!0,value:o=>o.epoch,cell:o=>s(o.epoch)},{id:"node",title:"Node",value:o=>o.node_id,cell:o=>a`<${m} id=${o.node_id} names=${e} />`,rank:1},...z.map(o=>({id:o,title:o,help:"Reported / on chain; one number if both are the same",end:!0,value:r=>Math.abs(r[o].difference??0),saved:r=>`${r[o].claimed??""}/${r[o].on_chain}`,cell:r=>a`<span data-differs=${r[o].difference?"":void 0}>${r[o].difference?a`<b>${h(r[o])}</b>`:h(r[o])}</span>`,rank:o==="blocks"?2:o==="assurances"?3:void 0})),{id:"difference",title:"Differences",help:"Sum of the differences, without their signs",end:!0,value:g,cell:o=>s(g(o))},{id:"complete",title:"Telemetry",value:v,cell:o=>a`<${$} state=${o.complete?"ok":"idle"} word=${v(o)} />`}],[e]),i=n.validators.length<n.total_validators?`newest ${s(n.validators.length)} of ${s(n.total_validators)}`:l(n.total_validators,"row");return a`<${d} title="Validators by epoch" note=${`${i}; reported / on chain. A difference is not an accusation: telemetry may be lost, an assurance late.`} flush>
    <${u}
      caption="Validators by epoch"
      rows=${n.validators}
      rowKey=${o=>`${o.epoch} ${o.validator}`}
      sort="-difference"
      csv="reconcile-validators"
      height=${480}
      columns=${t}
    />
  <//>`}function J({data:n,names:e}){let t=n.epochs[0];if(!t)return null;let i=t.validators_without_telemetry;return a`<${d} size="half" title="Which node is which validator" note=${`epoch ${s(t.epoch)}, by evidence`}>
    <dl class="pairs">
      <dt>Matched</dt>
      <dd>${s(t.matched)} of ${t.validators===null?"\u2014":l(t.validators,"validator")}${Object.entries(t.by_evidence).map(([o,r])=>a`<span key=${o} class="muted">; ${s(r)} by ${W[o]??o.replaceAll("_"," ")}</span>`)}</dd>
      <dt>Without telemetry</dt>
      <dd>${i.length?a`${i.slice(0,40).map(o=>`#${s(o)}`).join(", ")}${i.length>40?` and ${s(i.length-40)} more`:""}`:a`<span class="muted">none</span>`}</dd>
      <dt>Nodes not matched</dt>
      <dd>${t.unmatched_nodes.length?a`<span class="node-list">${t.unmatched_nodes.slice(0,12).map(o=>a`<${m} key=${o} id=${o} names=${e} />`)}${t.unmatched_nodes.length>12&&` and ${s(t.unmatched_nodes.length-12)} more`}</span>`:a`<span class="muted">none</span>`}</dd>
      <dt>Contradictions</dt>
      <dd>${t.contradictions.length?t.contradictions.map((o,r)=>a`<div key=${r}>${o.nodes.map(c=>a`<${m} key=${c} id=${c} names=${e} /> `)} as ${o.validators.map(c=>`#${s(c)}`).join(", ")}</div>`):a`<span class="muted">none</span>`}</dd>
    </dl>
  <//>`}function U({data:n}){let e=i=>({id:i,title:i,end:!0,value:o=>Math.abs(o[i].difference??0),cell:o=>h(o[i])}),t=i=>Object.values(i.findings).reduce((o,r)=>o+Number(r),0);return a`<${d} size="half" title="By implementation" note="reported / on chain" flush>
    <${u}
      caption="Telemetry and chain by implementation"
      rows=${n.implementations}
      rowKey=${i=>`${i.name} ${i.version}`}
      csv="reconcile-implementations"
      height=${260}
      columns=${[{id:"implementation",title:"Implementation",value:i=>`${i.name} ${i.version}`,cell:i=>a`<${_} name=${i.name} version=${i.version} />`,rank:1},{id:"nodes",title:"Nodes",end:!0,value:i=>i.nodes,cell:i=>s(i.nodes),rank:2},e("blocks"),e("guarantees"),e("assurances"),{id:"findings",title:"Cases",end:!0,value:t,cell:i=>a`<span title=${Object.entries(i.findings).map(([o,r])=>f({kind:o,count:Number(r)})).join("; ")}>${s(t(i))}</span>`,rank:3}]}
    />
  <//>`}function D({total:n}){return n.equal?a`<span>${s(n.on_chain)}</span>`:a`<b>${s(n.claimed)} / ${s(n.on_chain)}</b>`}function Q({data:n}){return a`<${d} size="half" title="Cores" note="reported / on chain" flush>
    <${u}
      caption="Telemetry and chain by core"
      rows=${n.cores}
      rowKey=${e=>e.core}
      csv="reconcile-cores"
      height=${260}
      columns=${[{id:"core",title:"Core",value:e=>e.core,cell:e=>a`<a href=${p(`cores/${e.core}`)}>${s(e.core)}</a>`,rank:1},{id:"reports",title:"Reports",end:!0,value:e=>e.reports.on_chain,cell:e=>h(e.reports),rank:2},{id:"gas",title:"Gas",end:!0,value:e=>Number(e.gas.on_chain),cell:e=>a`<${D} total=${e.gas} />`,rank:3},{id:"exports",title:"Exports",end:!0,value:e=>e.exports.on_chain,cell:e=>h(e.exports)}]}
    />
  <//>`}function X({data:n}){return a`<${d} size="half" title="Services" note="gas of accumulation: the most that a node reports of each block / on chain" flush>
    <${u}
      caption="Telemetry and chain by service"
      rows=${n.services}
      rowKey=${e=>e.service}
      csv="reconcile-services"
      height=${260}
      columns=${[{id:"service",title:"Service",value:e=>e.service,cell:e=>a`<span class="mono">${e.service}</span>`,rank:1},{id:"gas",title:"Gas",end:!0,value:e=>Number(e.gas.on_chain),cell:e=>a`<${D} total=${e.gas} />`,rank:2}]}
    />
  <//>`}export{G as default};
